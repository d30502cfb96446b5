package dev.convoke.server.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.server.DecoderReport;
import dev.convoke.server.Deployment;
import dev.convoke.server.ModelIdentity;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A decoder's link to a coordinator in another process: says how far the decoder is, and hears of hosts and placements.
 * While the coordinator cannot be reached, the decoder goes on with what it knows.
 */
public final class CoordinatorLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CoordinatorLink.class);

    private final AdminClient client;
    private final long id;
    private final Duration interval;
    private ModelIdentity model;
    private String revision = "";
    private String trouble = "";
    private CoordinatorTalk talk;

    /**
     * Connects at the first call.
     *
     * @param client   of the coordinator; closed with this
     * @param id       random, chosen at the decoder's start
     * @param interval between reports
     */
    public CoordinatorLink(final AdminClient client, final long id, final Duration interval) {
        this.client = client;
        this.id = id;
        this.interval = interval;
    }

    /** Waits for the coordinator's first word; throws if it refuses the model. */
    public Deployment await(final ModelIdentity its) throws InterruptedException {
        model = its;
        while (true) {
            try {
                final Optional<Deployment> first = report(0);
                if (first.isPresent()) {
                    return first.get();
                }
            } catch (final UnreachableException e) {
                note(e.getMessage() + " The decoder waits for it.");
            }
            Thread.sleep(interval);
        }
    }

    /**
     * From now on tells the coordinator the decoder's epoch, and the sink what has changed.
     *
     * @param sink called on the link's thread; may throw what the decoder refuses
     */
    public void follow(final LongSupplier epoch, final Consumer<Deployment> sink) {
        talk = CoordinatorTalk.start("coordinator-link", () -> {
            turn(epoch, sink);
            Thread.sleep(interval);
        });
    }

    private void turn(final LongSupplier epoch, final Consumer<Deployment> sink) throws InterruptedException {
        try {
            report(epoch.getAsLong()).ifPresent(sink);
            if (!trouble.isEmpty()) {
                LOG.info("The coordinator at {} is back.", client.server());
                trouble = "";
            }
        } catch (final RuntimeException e) {
            note(CoordinatorTalk.sentence(e) + " Decoding goes on with the hosts and the placement of epoch "
                + epoch.getAsLong() + ".");
        }
    }

    private Optional<Deployment> report(final long epoch) throws InterruptedException {
        final JsonNode answer = client.send(MemberMessages.DECODERS,
            MemberMessages.of(new DecoderReport(id, model, epoch, revision)));
        final Optional<Deployment> changed = MemberMessages.deployment(answer);
        changed.ifPresent(deployment -> revision = deployment.revision());
        return changed;
    }

    /** Once for each trouble. */
    private void note(final String sentence) {
        if (!sentence.equals(trouble)) {
            LOG.warn("{}", sentence);
            trouble = sentence;
        }
    }

    @Override
    public void close() {
        if (talk != null) {
            talk.close();
        }
        client.close();
    }
}
