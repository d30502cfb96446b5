package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.FingerprintDigest;
import dev.convoke.checkpoint.OpenFiles;
import dev.convoke.core.ModelFingerprint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which file holds which tensor: {@code model.safetensors} alone, or the shards that
 * {@code model.safetensors.index.json} lists. All of them are opened and checked against the index.
 */
final class TensorFiles {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    private final Path directory;
    private final Map<String, SafetensorsFile> fileOfTensor;

    private TensorFiles(final Path directory, final Map<String, SafetensorsFile> fileOfTensor) {
        this.directory = directory;
        this.fileOfTensor = fileOfTensor;
    }

    /** Opens the files of a model directory; their mappings belong to the arena. */
    static TensorFiles open(final Path directory, final Arena arena) {
        final Path single = directory.resolve(SINGLE);
        if (Files.exists(single)) {
            final SafetensorsFile file = SafetensorsFile.open(single, arena);
            final Map<String, SafetensorsFile> files = new HashMap<>();
            file.names().forEach(name -> files.put(name, file));
            return new TensorFiles(directory, files);
        }
        final JsonFields index = JsonFields.readIfPresent(directory.resolve(INDEX))
            .orElseThrow(() -> new CheckpointException("There is neither " + SINGLE + " nor " + INDEX + " in "
                + directory + "; Convoke reads safetensors, so download those files or convert the model."));
        return new TensorFiles(directory, openShards(directory, index, arena));
    }

    /** All names, sorted. */
    SortedSet<String> names() {
        return new TreeSet<>(fileOfTensor.keySet());
    }

    boolean contains(final String name) {
        return fileOfTensor.containsKey(name);
    }

    /** The file of a tensor that must be there. */
    SafetensorsFile fileOf(final String name) {
        final SafetensorsFile file = fileOfTensor.get(name);
        if (file == null) {
            throw new CheckpointException("No safetensors file in " + directory + " has a tensor '" + name
                + "', which config.json calls for; the model is incomplete or of another kind, download it again.");
        }
        return file;
    }

    /** Adds every tensor; file names are not part of it, so a sharded copy has the same fingerprint. */
    ModelFingerprint fingerprint(final FingerprintDigest digest) {
        try (OpenFiles open = new OpenFiles()) {
            for (final String name : names()) {
                final SafetensorsFile file = fileOf(name);
                try {
                    add(digest, file, open.of(file.path()), file.entry(name));
                } catch (final IOException e) {
                    throw open.unreadable(e);
                }
            }
        }
        return digest.fingerprint();
    }

    private static void add(final FingerprintDigest digest, final SafetensorsFile file, final FileChannel channel,
        final SafetensorsEntry entry) throws IOException {
        digest.add(entry.name(), entry.dtype(), entry.shape(), entry.bytes(),
            (offset, to) -> file.sample(channel, entry, offset, to));
    }

    private static Map<String, SafetensorsFile> openShards(final Path directory, final JsonFields index,
        final Arena arena) {
        final JsonFields weightMap = index.object("weight_map")
            .orElseThrow(() -> index.error("weight_map", "is missing; download the file again."));
        final Map<String, SafetensorsFile> shards = new HashMap<>();
        final Map<String, SafetensorsFile> fileOfTensor = new HashMap<>();
        final Iterator<Map.Entry<String, JsonNode>> entries = weightMap.entries();
        while (entries.hasNext()) {
            final Map.Entry<String, JsonNode> entry = entries.next();
            final String tensor = entry.getKey();
            final String shardName = shardName(weightMap, tensor, entry.getValue());
            final SafetensorsFile shard = shards.computeIfAbsent(shardName,
                name -> openShard(directory.resolve(name), index, tensor, arena));
            if (!shard.names().contains(tensor)) {
                throw new CheckpointException(shard.path() + " has no tensor '" + tensor + "', though " + index.file()
                    + " says so; one of the two is of another download, download both again.");
            }
            fileOfTensor.put(tensor, shard);
        }
        return fileOfTensor;
    }

    private static SafetensorsFile openShard(final Path path, final JsonFields index, final String tensor,
        final Arena arena) {
        if (!Files.exists(path)) {
            throw new CheckpointException("The shard " + path + " is missing, which holds tensor '" + tensor
                + "' according to " + index.file() + "; download it.");
        }
        return SafetensorsFile.open(path, arena);
    }

    /** A shard is a plain file of the same directory, so that an index cannot point anywhere else. */
    private static String shardName(final JsonFields weightMap, final String tensor, final JsonNode value) {
        final String name = value.isTextual() ? value.textValue() : "";
        final boolean plain = name.endsWith(".safetensors")
            && name.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '/' && c != '\\' && c != ':');
        if (!plain) {
            throw weightMap.wrong(tensor, "the name of a .safetensors file in the same directory", value);
        }
        return name;
    }
}
