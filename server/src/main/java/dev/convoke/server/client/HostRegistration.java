package dev.convoke.server.client;

import dev.convoke.server.HostAnswer;
import dev.convoke.server.HostDeclaration;
import dev.convoke.server.ModelDescription;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An expert host's place in a deployment: registers it with the coordinator, again and again so that it counts as being
 * there, and takes it out. While the coordinator cannot be reached, the host serves as before.
 */
public final class HostRegistration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostRegistration.class);
    private static final Duration LEAVING = Duration.ofMillis(100);
    private static final int MOST_REFUSALS = 10;

    private final AdminClient client;
    private final Duration interval;
    private volatile HostDeclaration declaration;
    private volatile boolean released;
    private volatile List<String> sources = List.of();
    /** Calls in a row by which a host that wants to leave got no further. */
    private volatile int refusals;
    private String trouble = "";
    private CoordinatorTalk talk;

    /**
     * Connects at the first call.
     *
     * @param client   of the coordinator; closed with this
     * @param interval between calls
     */
    public HostRegistration(final AdminClient client, final Duration interval) {
        this.client = client;
        this.interval = interval;
    }

    /** Waits until the coordinator knows of an expert host that has the checkpoint, and says what it is of. */
    public ModelDescription describe() throws InterruptedException {
        while (true) {
            try {
                final ModelDescription model = MemberMessages.modelDescription(client.get(MemberMessages.MODEL));
                sources = model.sources();
                if (!sources.isEmpty()) {
                    note("");
                    return model;
                }
                note("No expert host that has the checkpoint is there yet; this one waits for it.");
            } catch (final UnreachableException e) {
                note(e.getMessage() + " The expert host waits for it.");
            }
            Thread.sleep(interval);
        }
    }

    /** Addresses of other hosts that have the checkpoint, as the coordinator said last. Any thread. */
    public List<String> sources() {
        return sources;
    }

    /** Waits until the coordinator takes the host, and goes on to register it; throws if it is refused for good. */
    public HostAnswer join(final HostDeclaration its) throws InterruptedException {
        declaration = its;
        while (true) {
            try {
                final HostAnswer answer = call();
                note(answer.trouble());
                if (answer.number() >= 0) {
                    start();
                    return answer;
                }
            } catch (final UnreachableException e) {
                note(e.getMessage() + " The expert host waits for it.");
            }
            Thread.sleep(interval);
        }
    }

    private void start() {
        talk = CoordinatorTalk.start("host-registration", () -> {
            Thread.sleep(declaration.leaving() ? LEAVING : interval);
            turn();
        });
    }

    private void turn() throws InterruptedException {
        try {
            final boolean leaving = declaration.leaving();
            final HostAnswer answer = call();
            released = leaving && answer.released();
            refusals = leaving && !answer.trouble().isEmpty() ? refusals + 1 : 0;
            note(answer.trouble());
        } catch (final RuntimeException e) {
            refusals = refusals + 1;
            note(CoordinatorTalk.sentence(e) + " The expert host serves as before.");
        }
    }

    private HostAnswer call() throws InterruptedException {
        final HostAnswer answer = MemberMessages.hostAnswer(client.send(MemberMessages.HOSTS,
            MemberMessages.of(declaration)));
        sources = answer.sources();
        return answer;
    }

    /**
     * Has its replicas moved elsewhere; whether nobody needs the host any more within the limit. Does not wait for what
     * cannot be, such as when there is no other host.
     */
    public boolean leave(final Duration limit) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + limit.toNanos();
        declaration = declaration.leaves();
        refusals = 0;
        while (!released && refusals < MOST_REFUSALS && System.nanoTime() < deadlineNs) {
            Thread.sleep(LEAVING);
        }
        return released;
    }

    /** Once for each trouble. */
    private void note(final String sentence) {
        if (!sentence.equals(trouble) && !sentence.isEmpty()) {
            LOG.warn("{}", sentence);
        } else if (sentence.isEmpty() && !trouble.isEmpty()) {
            LOG.info("The coordinator at {} takes this expert host again.", client.server());
        }
        trouble = sentence;
    }

    @Override
    public void close() {
        if (talk != null) {
            talk.close();
        }
        client.close();
    }
}
