package dev.convoke.server.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/**
 * A connection on which a client has only so much time: to send a request as a whole, between two pieces of it, and to
 * take a piece of an answer. The clock of a request starts with its first byte and stops when it is complete or
 * answered; between requests there is none. Belongs to the connection's thread; while a request is answered another
 * one may read.
 */
final class ClientConnection implements ConnectionContext {
    private final ConnectionContext actual;
    private final Deadlines deadlines;
    private final ApiLimits limits;
    private final DataReader reader = DataReader.create(this::read);
    private final DataWriter writer;
    private volatile boolean receiving;
    private volatile boolean complete;
    private volatile boolean answeredEarly;
    private volatile long firstByteNs;

    ClientConnection(final ConnectionContext actual, final Deadlines deadlines, final ApiLimits limits) {
        this.actual = actual;
        this.deadlines = deadlines;
        this.limits = limits;
        this.writer = new TimedWriter(actual.dataWriter(), deadlines, limits.writeTimeout());
    }

    /** The request has come as a whole: what is read from now on belongs to the next one. */
    void onComplete() {
        complete = true;
    }

    /** The request has been answered, perhaps before the end of its body, which the client still owes. */
    void onAnswered(final boolean bodyRead) {
        complete = false;
        receiving = !bodyRead;
        answeredEarly = !bodyRead;
    }

    /** The first line of a request has come. */
    void onFirstLine() {
        if (answeredEarly) {
            answeredEarly = false;
            firstByteNs = System.nanoTime();
        }
    }

    private byte[] read() {
        final DataReader source = actual.dataReader();
        if (receiving && !complete) {
            awaitInTime(source);
        } else {
            source.ensureAvailable();
        }
        if (!receiving) {
            firstByteNs = System.nanoTime();
            receiving = true;
        }
        return source.readBytes(source.available());
    }

    private void awaitInTime(final DataReader source) {
        final long nowNs = System.nanoTime();
        final long deadlineNs = firstByteNs + limits.requestTimeout().toNanos();
        if (nowNs - deadlineNs >= 0) {
            throw RequestException.builder().type(DirectHandler.EventType.OTHER).status(Status.REQUEST_TIMEOUT_408)
                .setKeepAlive(false).safeMessage(true)
                .message("The request did not come within " + limits.requestTimeout().toMillis() + " ms.").build();
        }
        final long silentNs = nowNs + limits.readTimeout().toNanos();
        try (Deadlines.Wait _ = deadlines.begin(silentNs - deadlineNs < 0 ? silentNs : deadlineNs)) {
            source.ensureAvailable();
        }
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public DataWriter dataWriter() {
        return writer;
    }

    @Override
    public ListenerContext listenerContext() {
        return actual.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return actual.executor();
    }

    @Override
    public Router router() {
        return actual.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return actual.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return actual.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return actual.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return actual.localPeer();
    }

    @Override
    public boolean isSecure() {
        return actual.isSecure();
    }

    @Override
    public String socketId() {
        return actual.socketId();
    }

    @Override
    public String childSocketId() {
        return actual.childSocketId();
    }
}
