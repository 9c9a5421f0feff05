package bench;

import com.arjuna.ats.arjuna.common.CoreEnvironmentBean;
import com.arjuna.ats.arjuna.common.ObjectStoreEnvironmentBean;
import com.arjuna.ats.internal.arjuna.objectstore.VolatileStore;
import com.arjuna.ats.internal.arjuna.objectstore.hornetq.HornetqJournalEnvironmentBean;
import com.arjuna.ats.internal.arjuna.objectstore.hornetq.HornetqObjectStoreAdaptor;
import com.arjuna.common.internal.util.propertyservice.BeanPopulator;
import jakarta.transaction.TransactionManager;
import java.nio.file.Path;
import javax.transaction.xa.XAResource;

/** Narayana with one of its object stores. */
final class NarayanaSide implements Main.Side {
  enum Store {
    VOLATILE,
    /** As it comes. */
    DEFAULT,
    /** The Artemis journal, on plain files, allowed to flush as often as the disk can. */
    JOURNAL
  }

  private final TransactionManager manager;

  NarayanaSide(Store store, Path directory) throws Exception {
    BeanPopulator.getDefaultInstance(CoreEnvironmentBean.class).setNodeIdentifier("1");
    if (store == Store.JOURNAL) {
      var journal = BeanPopulator.getDefaultInstance(HornetqJournalEnvironmentBean.class);
      journal.setStoreDir(directory.toString());
      journal.setAsyncIO(false);
      journal.setBufferFlushesPerSecond(10_000);
    }
    for (String name : new String[] {null, "communicationStore", "stateStore"}) {
      var bean =
          name == null
              ? BeanPopulator.getDefaultInstance(ObjectStoreEnvironmentBean.class)
              : BeanPopulator.getNamedInstance(ObjectStoreEnvironmentBean.class, name);
      bean.setObjectStoreDir(directory.toString());
      if (store == Store.VOLATILE) bean.setObjectStoreType(VolatileStore.class.getName());
      if (store == Store.JOURNAL) bean.setObjectStoreType(HornetqObjectStoreAdaptor.class.getName());
    }
    manager = com.arjuna.ats.jta.TransactionManager.transactionManager();
  }

  @Override
  public TransactionManager manager() {
    return manager;
  }

  @Override
  public XAResource[] resources() {
    return new XAResource[] {new DummyResource(), new DummyResource(), new DummyResource()};
  }
}
