package bench;

import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/** A resource that agrees to everything at once and keeps nothing. */
class DummyResource implements XAResource {
  @Override
  public int prepare(Xid xid) {
    return XA_OK;
  }

  @Override
  public boolean isSameRM(XAResource other) {
    return other == this;
  }

  @Override
  public Xid[] recover(int flag) {
    return new Xid[0];
  }

  @Override
  public int getTransactionTimeout() {
    return 0;
  }

  @Override
  public boolean setTransactionTimeout(int seconds) {
    return false;
  }

  @Override
  public void start(Xid xid, int flags) {}

  @Override
  public void end(Xid xid, int flags) {}

  @Override
  public void commit(Xid xid, boolean onePhase) {}

  @Override
  public void rollback(Xid xid) {}

  @Override
  public void forget(Xid xid) {}
}
