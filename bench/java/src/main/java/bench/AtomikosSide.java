package bench;

import com.atomikos.datasource.xa.XATransactionalResource;
import com.atomikos.icatch.config.Configuration;
import com.atomikos.icatch.jta.UserTransactionManager;
import jakarta.transaction.TransactionManager;
import java.nio.file.Path;
import javax.transaction.xa.XAResource;

/** Atomikos, which must be told of its resources beforehand. */
final class AtomikosSide implements Main.Side {
  private final UserTransactionManager manager;
  private final XAResource[] resources = {new DummyResource(), new DummyResource(), new DummyResource()};

  AtomikosSide(Path directory) throws Exception {
    System.setProperty("com.atomikos.icatch.log_base_dir", directory.toString());
    System.setProperty("com.atomikos.icatch.output_dir", directory.toString());
    System.setProperty("com.atomikos.icatch.max_actives", "-1");
    for (int at = 0; at < resources.length; at += 1) Configuration.addResource(new Registered("resource-" + at, resources[at]));
    manager = new UserTransactionManager();
    manager.init();
  }

  @Override
  public TransactionManager manager() {
    return manager;
  }

  @Override
  public XAResource[] resources() {
    return resources;
  }

  private static final class Registered extends XATransactionalResource {
    private final XAResource resource;

    Registered(String name, XAResource resource) {
      super(name);
      this.resource = resource;
    }

    @Override
    protected XAResource refreshXAConnection() {
      return resource;
    }

    @Override
    public boolean usesXAResource(XAResource other) {
      return other == resource;
    }
  }
}
