package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;

/** Opens a tokenizer in a process of its own and prints the ids of a text. */
final class TokenizerProbe {
    private TokenizerProbe() {
    }

    public static void main(final String[] arguments) {
        try (Tokenizer tokenizer = HuggingFaceTokenizer.open(Path.of(arguments[0]))) {
            System.out.println(Arrays.toString(tokenizer.encode(arguments[1], true)));
        }
    }
}
