package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.FingerprintDigest;
import dev.convoke.checkpoint.OpenFiles;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a model: one, or as many as {@code split.count} says, named {@code NAME-00001-of-00003.gguf}. */
final class GgufShards {
    private static final Pattern SPLIT_NAME = Pattern.compile("(.*)-00001-of-(\\d{5})\\.gguf");
    private static final int MAX_FILES = 99_999;

    private final GgufFile first;
    private final Map<String, GgufFile> fileOfTensor = new HashMap<>();

    private GgufShards(final List<GgufFile> files) {
        first = files.getFirst();
        for (final GgufFile file : files) {
            for (final String name : file.entries().keySet()) {
                final GgufFile other = fileOfTensor.put(name, file);
                if (other != null) {
                    throw new CheckpointException("Both " + other.path() + " and " + file.path() + " have tensor '"
                        + name + "'; they are not of one model, download both again.");
                }
            }
        }
    }

    /** Opens the file and those it belongs together with; their mappings belong to the arena. */
    static GgufShards open(final Path path, final Arena arena) {
        final GgufFile first = GgufFile.open(path, arena);
        final int count = first.metadata().optionalInteger("split.count", 0, MAX_FILES).orElse(1);
        final List<GgufFile> files = new ArrayList<>(List.of(first));
        if (count > 1) {
            final Matcher name = SPLIT_NAME.matcher(path.getFileName().toString());
            if (!name.matches() || Integer.parseInt(name.group(2)) != count) {
                throw new CheckpointException(path + " is one of " + count + " files of a model; name the first, which "
                    + "ends in " + String.format("-00001-of-%05d.gguf", count) + ".");
            }
            for (int i = 2; i <= count; i++) {
                files.add(GgufFile.open(path.resolveSibling(
                    String.format("%s-%05d-of-%05d.gguf", name.group(1), i, count)), arena));
            }
        }
        return new GgufShards(files);
    }

    /** Of the first file, which speaks for all. */
    GgufMetadata metadata() {
        return first.metadata();
    }

    boolean contains(final String name) {
        return fileOfTensor.containsKey(name);
    }

    /** The file of a tensor that must be there. */
    GgufFile fileOf(final String name) {
        final GgufFile file = fileOfTensor.get(name);
        if (file == null) {
            throw new CheckpointException(first.path() + " has no tensor '" + name
                + "', which its metadata calls for; the file is incomplete, download it again.");
        }
        return file;
    }

    Tensor tensor(final String name) {
        final GgufFile file = fileOf(name);
        return file.tensor(file.entries().get(name));
    }

    /** Adds every tensor that can be read; file names are not part of it. */
    ModelFingerprint fingerprint(final FingerprintDigest digest) {
        try (OpenFiles open = new OpenFiles()) {
            for (final Map.Entry<String, GgufFile> tensor : new TreeMap<>(fileOfTensor).entrySet()) {
                final GgufFile file = tensor.getValue();
                try {
                    add(digest, file, file.entries().get(tensor.getKey()), open.of(file.path()));
                } catch (final IOException e) {
                    throw open.unreadable(e);
                }
            }
        }
        return digest.fingerprint();
    }

    private static void add(final FingerprintDigest digest, final GgufFile file, final GgufEntry entry,
        final FileChannel channel) throws IOException {
        final long bytes = entry.elementType().isEmpty() ? 0 : file.tensor(entry).segment().byteSize();
        digest.add(entry.name(), entry.typeName(), entry.shape(), bytes,
            (offset, to) -> readFully(channel, file.position(entry) + offset, to));
    }

    private static void readFully(final FileChannel channel, final long position, final ByteBuffer to)
        throws IOException {
        final long start = position - to.position();
        while (to.hasRemaining()) {
            if (channel.read(to, start + to.position()) < 0) {
                throw new EOFException("the file became shorter while it was read");
            }
        }
    }
}
