package dev.convoke.checkpoint.huggingface;

import ai.djl.engine.EngineException;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.StreamDecoder;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.checkpoint.TokenizerDefinition;
import dev.convoke.checkpoint.TokenizerSettings;
import dev.convoke.core.ConvokeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * A tokenizer run by Hugging Face's tokenizers library, which DJL binds. Nothing is truncated, padded or cleaned up.
 * Where its settings say which tokens frame a text, those alone do; else its own post-processor does. Thread-safe.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
    private static final int MAX_TEXT_LENGTH = 1 << 24;
    private static final int[] NONE = {};
    private static final Map<String, String> OPTIONS =
        Map.of("truncation", "do_not_truncate", "padding", "do_not_pad");

    private final ReadWriteLock closing = new ReentrantReadWriteLock();
    private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer library;
    private final Path file;
    private final Vocabulary vocabulary;
    private final TokenizerSettings settings;
    private final int[] prefix;
    private final int[] suffix;
    private boolean closed;

    private HuggingFaceTokenizer(final Path file, final Vocabulary vocabulary, final TokenizerSettings settings,
        final int[] prefix, final int[] suffix, final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer library) {
        this.file = file;
        this.vocabulary = vocabulary;
        this.settings = settings;
        this.prefix = prefix;
        this.suffix = suffix;
        this.library = library;
    }

    /** Opens the tokenizer of a model directory; see {@link HuggingFaceFormat#tokenizer}. */
    public static Tokenizer open(final Path directory) {
        return of(new HuggingFaceFormat().tokenizer(directory));
    }

    /**
     * Runs a tokenizer.
     *
     * @throws CheckpointException naming the file if it is damaged
     */
    public static Tokenizer of(final TokenizerDefinition definition) {
        final Path file = definition.file();
        final Vocabulary vocabulary = Vocabulary.parse(file, definition.json());
        final TokenizerSettings settings = definition.settings();
        final int[] prefix = settings.addBegin() ? frame(file, vocabulary, settings.bosToken()) : NONE;
        final int[] suffix = settings.addEnd() ? frame(file, vocabulary, settings.eosToken()) : NONE;
        return new HuggingFaceTokenizer(file, vocabulary, settings, prefix, suffix, load(file, definition.json()));
    }

    @Override
    public int[] encode(final String text, final boolean addSpecialTokens) {
        if (text.length() > MAX_TEXT_LENGTH) {
            throw new ConvokeException("The text has " + text.length() + " characters; at most " + MAX_TEXT_LENGTH
                + " can be tokenised at once, so send less.");
        }
        final String wellFormed = withoutLoneSurrogates(text);
        final boolean byLibrary = addSpecialTokens && !settings.explicit();
        final long[] ids = whileOpen(() -> library.encode(wellFormed, byLibrary, false).getIds());
        checkKnown(ids);
        return addSpecialTokens && settings.explicit() ? framed(ids, prefix, suffix)
            : framed(ids, NONE, NONE);
    }

    /** The library numbers an added token anew if the vocabulary has it under another id, or not at all. */
    private void checkKnown(final long[] ids) {
        for (final long id : ids) {
            if (id < 0 || id >= vocabulary.size()) {
                throw new CheckpointException(file + " has added tokens that are not those of its vocabulary: the id "
                    + id + " comes out of a text, but the last is " + (vocabulary.size() - 1)
                    + "; the file is damaged, download it again.");
            }
        }
    }

    @Override
    public String decode(final int[] ids, final boolean skipSpecialTokens) {
        final long[] wide = Arrays.stream(ids).asLongStream().toArray();
        return whileOpen(() -> library.decode(wide, skipSpecialTokens));
    }

    @Override
    public String token(final int id) {
        final String token = vocabulary.token(id);
        return token == null ? "" : token;
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public StreamDecoder streamDecoder(final boolean skipSpecialTokens) {
        return TokenText.streamDecoder(vocabulary, skipSpecialTokens)
            .orElseGet(() -> new WindowStream(ids -> decode(ids, skipSpecialTokens)));
    }

    @Override
    public Optional<ChatTemplateSource> chatTemplate() {
        return settings.chatTemplate();
    }

    @Override
    public void close() {
        closing.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                library.close();
            }
        } finally {
            closing.writeLock().unlock();
        }
    }

    private static ai.djl.huggingface.tokenizers.HuggingFaceTokenizer load(final Path file, final byte[] json) {
        TokenizerLibrary.prepare();
        try {
            return ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json),
                OPTIONS);
        } catch (final EngineException | LinkageError e) {
            throw TokenizerLibrary.unavailable(e);
        } catch (final IOException | RuntimeException e) {
            throw new CheckpointException(file + " is no tokenizer that the tokenizers library can load ("
                + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + "); download it again.", e);
        }
    }

    private static int[] frame(final Path file, final Vocabulary vocabulary, final String token) {
        return new int[] {vocabulary.idOf(token).orElseThrow(() -> new CheckpointException(file
            + " does not have the token '" + token + "' that tokenizer_config.json puts around a text; "
            + "the two are of different models, download both again."))};
    }

    private <T> T whileOpen(final Supplier<T> action) {
        closing.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the tokenizer is closed");
            }
            return action.get();
        } finally {
            closing.readLock().unlock();
        }
    }

    private static int[] framed(final long[] ids, final int[] prefix, final int[] suffix) {
        final int[] result = Arrays.copyOf(prefix, prefix.length + ids.length + suffix.length);
        for (int i = 0; i < ids.length; i++) {
            result[prefix.length + i] = (int)ids[i];
        }
        System.arraycopy(suffix, 0, result, prefix.length + ids.length, suffix.length);
        return result;
    }

    /** The library takes UTF-8, which has no half of a surrogate pair. */
    private static String withoutLoneSurrogates(final String text) {
        if (text.chars().noneMatch(character -> Character.isSurrogate((char)character))) {
            return text;
        }
        final StringBuilder wellFormed = new StringBuilder(text.length());
        text.codePoints().forEach(codePoint -> wellFormed.appendCodePoint(
            codePoint <= Character.MAX_VALUE && Character.isSurrogate((char)codePoint) ? 0xFFFD : codePoint));
        return wellFormed.toString();
    }
}
