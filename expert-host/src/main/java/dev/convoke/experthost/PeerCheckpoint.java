package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ForeignText;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.Tensor;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertPiece;
import dev.convoke.transport.FrameCheck;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.codec.ExpertPieceDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.RefusalDecoder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * A checkpoint that lies elsewhere: experts are fetched from expert hosts that have it, piece by piece over the
 * exchange, one piece at a time. It has experts only. What arrives is as good as its source: whoever loads an expert
 * compares its checksum with what it should be. One call at a time; the latest expert is kept.
 */
public final class PeerCheckpoint implements Checkpoint {
    private static final long CONNECT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long REPEAT_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int MOST_REPEATS = 50;
    private static final int FRAMES_PER_POLL = 8;

    private final Path path;
    private final ModelConfiguration model;
    private final FrameIdentity identity;
    private final FramePort port;
    private final Supplier<List<String>> sources;
    private final NanoClock clock;
    private final IdleStrategy idleStrategy;
    private final FrameWriter writer = new FrameWriter();
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ExpertPieceDecoder decoder = new ExpertPieceDecoder();
    private final RefusalDecoder refusal = new RefusalDecoder();
    private final FrameIdentity answered = new FrameIdentity();
    private String source = ExpertExchange.NOBODY;
    private long request;
    private ExpertPiece piece;
    private String refused;
    private ExpertId latest;
    private ExpertTensors latestTensors;
    private List<DType> types;

    /**
     * Fetches nothing yet.
     *
     * @param path     where it is not, for messages
     * @param identity of the model, and whose requests these are
     * @param port     of one peer, which is assigned here; closed with this
     * @param sources  addresses of hosts that have the checkpoint, in order of preference; any thread
     * @param idle     between polls, while a piece is waited for
     */
    public PeerCheckpoint(final Path path, final ModelConfiguration model, final FrameIdentity identity,
        final FramePort port, final Supplier<List<String>> sources, final NanoClock clock, final IdleStrategy idle) {
        this.path = path;
        this.model = model;
        this.identity = identity;
        this.port = port;
        this.sources = sources;
        this.clock = clock;
        this.idleStrategy = idle;
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public ModelConfiguration configuration() {
        return model;
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return GenerationDefaults.NONE;
    }

    @Override
    public boolean contains(final String name) {
        return false;
    }

    @Override
    public Tensor tensor(final String name, final long... shape) {
        throw new CheckpointException("Tensor " + name + " cannot be had, since there is no checkpoint at " + path
            + " and other hosts are asked for experts only; give this process the checkpoint.");
    }

    @Override
    public Path fileOf(final String name) {
        return Path.of(source + "/" + name);
    }

    @Override
    public ModelFingerprint fingerprint() {
        return new ModelFingerprint(identity.modelFingerprint());
    }

    @Override
    public synchronized ExpertTensors expert(final ExpertId id) {
        model.requireExpert(id);
        if (!id.equals(latest)) {
            latest = null;
            latestTensors = ofAnySource(id, address -> fetch(id, address));
            latest = id;
        }
        return latestTensors;
    }

    /** Asks for one piece of it. */
    @Override
    public synchronized List<DType> expertTypes() {
        if (types == null) {
            final ExpertId first = new ExpertId(0, 0);
            types = ofAnySource(first, address -> {
                connect(address);
                final ExpertPiece its = ask(first, 0);
                return List.of(its.gate(), its.up(), its.down());
            });
        }
        return types;
    }

    private <T> T ofAnySource(final ExpertId id, final Function<String, T> fetch) {
        String trouble = "there is none now";
        for (final String address : sources.get()) {
            try {
                return fetch.apply(address);
            } catch (final CheckpointException e) {
                trouble = e.getMessage();
            }
        }
        throw new CheckpointException("There is no checkpoint at " + path + ", and " + id + " cannot be had from an "
            + "expert host that has it: " + trouble);
    }

    private ExpertTensors fetch(final ExpertId id, final String address) {
        connect(address);
        final ExpertPiece first = ask(id, 0);
        final long elements = (long)model.expertWidth() * model.hiddenSize();
        final long gateBytes = first.gate().bytesOf(elements);
        final long upBytes = first.up().bytesOf(elements);
        final long downBytes = first.down().bytesOf(elements);
        final long total = gateBytes + upBytes + downBytes;
        final MemorySegment bytes = Arena.ofAuto().allocate(total, Long.BYTES);
        ExpertPiece next = first;
        long from = take(next, first, bytes, 0);
        while (from < total) {
            next = ask(id, from);
            from = take(next, first, bytes, from);
        }
        final String which = id + " from " + address;
        return new ExpertTensors(
            new Tensor("gate of " + which, first.gate(), shape(model.expertWidth(), model.hiddenSize()),
                bytes.asSlice(0, gateBytes)),
            new Tensor("up of " + which, first.up(), shape(model.expertWidth(), model.hiddenSize()),
                bytes.asSlice(gateBytes, upBytes)),
            new Tensor("down of " + which, first.down(), shape(model.hiddenSize(), model.expertWidth()),
                bytes.asSlice(gateBytes + upBytes, downBytes)));
    }

    private static long[] shape(final int rows, final int columns) {
        return new long[] {rows, columns};
    }

    /** Copies a piece to where it belongs; returns where the next begins. */
    private long take(final ExpertPiece next, final ExpertPiece first, final MemorySegment bytes, final long from) {
        if (next.gate() != first.gate() || next.up() != first.up() || next.down() != first.down()
            || next.bytes().length == 0 || next.bytes().length > bytes.byteSize() - from) {
            throw new CheckpointException("expert host " + source + " sends what is no piece of an expert of this "
                + "model; start it with the same checkpoint.");
        }
        MemorySegment.copy(MemorySegment.ofArray(next.bytes()), 0, bytes, from, next.bytes().length);
        return from + next.bytes().length;
    }

    private void connect(final String address) {
        if (!address.equals(source)) {
            port.assign(0, address);
            source = address;
        }
        final long startNs = clock.nanoTime();
        while (!port.isConnected(0)) {
            if (clock.nanoTime() - startNs >= CONNECT_NS) {
                throw new CheckpointException("expert host " + address + " cannot be reached.");
            }
            pause(port.poll(this::onFrame, FRAMES_PER_POLL));
        }
    }

    private void pause(final int work) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CheckpointException("the host is stopping.");
        }
        idleStrategy.idle(work);
    }

    /** Asks until the piece is there; frames may be lost. */
    private ExpertPiece ask(final ExpertId id, final long from) {
        for (int repeat = 0; repeat < MOST_REPEATS; repeat++) {
            piece = null;
            refused = null;
            identity.exchangeId(++request).layer(id.layer()).part(0, 1);
            port.offer(0, buffer, 0, writer.fetchExpert(buffer, 0, identity, id.index(), from));
            final long startNs = clock.nanoTime();
            while (clock.nanoTime() - startNs < REPEAT_NS) {
                pause(port.poll(this::onFrame, FRAMES_PER_POLL));
                if (refused != null) {
                    throw new CheckpointException(refused);
                }
                if (piece != null && piece.expert() == id.index() && piece.from() == from) {
                    return piece;
                }
            }
        }
        throw new CheckpointException("expert host " + source + " does not send " + id + ".");
    }

    private void onFrame(final int peer, final DirectBuffer frame, final int offset, final int length) {
        if (FrameCheck.check(frame, offset, length) != FrameCheck.OK) {
            return;
        }
        final int template = header.wrap(frame, offset).templateId();
        if (template == ExpertPieceDecoder.TEMPLATE_ID) {
            decoder.wrapAndApplyHeader(frame, offset, header);
            if (isAnswer(answered.readFrom(decoder.identity()))) {
                piece = ExpertPiece.of(decoder);
            }
        } else if (template == RefusalDecoder.TEMPLATE_ID) {
            refusal.wrapAndApplyHeader(frame, offset, header);
            if (isAnswer(answered.readFrom(refusal.identity())) && answered.exchangeId() == request) {
                refused = ForeignText.onOneLine(refusal.text());
            }
        }
    }

    /** Also of a question that was repeated since: it was for the same piece, or for one that is passed over. */
    private boolean isAnswer(final FrameIdentity to) {
        return to.decoderId() == identity.decoderId() && to.layer() == identity.layer();
    }

    @Override
    public synchronized void close() {
        port.close();
        latest = null;
        latestTensors = null;
    }
}
