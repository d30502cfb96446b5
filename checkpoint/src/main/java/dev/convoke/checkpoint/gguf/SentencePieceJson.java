package dev.convoke.checkpoint.gguf;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A SentencePiece vocabulary with byte fallback as byte-pair encoding: whatever two entries make a third may be merged,
 * and what has the larger score is merged first, which is what SentencePiece does (Kudo and Richardson, 2018).
 */
final class SentencePieceJson {
    private static final String SPACE = "\u2581";

    private final GgufMetadata metadata;
    private final GgufVocabulary vocabulary;

    SentencePieceJson(final GgufMetadata metadata, final GgufVocabulary vocabulary) {
        this.metadata = metadata;
        this.vocabulary = vocabulary;
    }

    /** Ways to make an entry, in the order in which they are tried. */
    private record Merge(String left, String right, double score, int leftId, int rightId) {
        private static final Comparator<Merge> ORDER = Comparator.comparingDouble(Merge::score)
            .thenComparingInt(merge -> merge.left.codePointCount(0, merge.left.length()))
            .thenComparingInt(merge -> merge.right.codePointCount(0, merge.right.length())).reversed();
    }

    void writeTo(final ObjectNode json) {
        final boolean prefix = metadata.flag("tokenizer.ggml.add_space_prefix").orElse(true);
        final ArrayNode normalizers = json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        if (prefix) {
            normalizers.addObject().put("type", "Prepend").put("prepend", SPACE);
        }
        normalizers.addObject().put("type", "Replace").put("content", SPACE).putObject("pattern").put("String", " ");
        json.putNull("pre_tokenizer");
        writeDecoder(json.putObject("decoder").put("type", "Sequence").putArray("decoders"), prefix);
        final ObjectNode model = json.putObject("model").put("type", "BPE").put("fuse_unk", true)
            .put("byte_fallback", true).put("ignore_merges", false);
        vocabulary.named("tokenizer.ggml.unknown_token_id")
            .ifPresent(id -> model.put("unk_token", vocabulary.token(id)));
        final ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < vocabulary.size(); id++) {
            vocab.put(vocabulary.token(id), id);
        }
        final ArrayNode merges = model.putArray("merges");
        merges().forEach(merge -> merges.addArray().add(merge.left()).add(merge.right()));
    }

    private static void writeDecoder(final ArrayNode decoders, final boolean prefix) {
        decoders.addObject().put("type", "Replace").put("content", " ").putObject("pattern").put("String", SPACE);
        decoders.addObject().put("type", "ByteFallback");
        decoders.addObject().put("type", "Fuse");
        if (prefix) {
            decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
        }
    }

    private List<Merge> merges() {
        final List<Merge> merges = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.isNormal(id)) {
                addMerges(id, merges);
            }
        }
        merges.sort(Merge.ORDER);
        return merges;
    }

    private void addMerges(final int id, final List<Merge> merges) {
        final String token = vocabulary.token(id);
        final List<Merge> ways = new ArrayList<>();
        for (int cut = token.offsetByCodePoints(0, token.isEmpty() ? 0 : 1); cut < token.length();
            cut = token.offsetByCodePoints(cut, 1)) {
            final String left = token.substring(0, cut);
            final String right = token.substring(cut);
            if (isPart(left) && isPart(right)) {
                ways.add(new Merge(left, right, vocabulary.score(id), vocabulary.id(left), vocabulary.id(right)));
            }
        }
        ways.sort(Comparator.comparingInt(Merge::leftId).thenComparingInt(Merge::rightId));
        merges.addAll(ways);
    }

    private boolean isPart(final String text) {
        return vocabulary.contains(text) && vocabulary.isNormal(vocabulary.id(text));
    }
}
