package dev.convoke.bench.exchange.experts;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Sizes of a layer of experts.
 *
 * @param name    for tables
 * @param hidden  elements of a row
 * @param width   elements between the two products of an expert
 * @param experts of the layer
 * @param topK    experts of a row
 */
public record ExpertLayer(String name, int hidden, int width, int experts, int topK) {
    private static final List<ExpertLayer> KNOWN = List.of(
        new ExpertLayer("mixtral-8x7b", 4096, 14336, 8, 2),
        new ExpertLayer("qwen3-30b-a3b", 2048, 768, 128, 8),
        // A quarter of its 256 experts, as one of four hosts holds.
        new ExpertLayer("deepseek-v3", 7168, 2048, 64, 8));
    private static final Pattern SIZES = Pattern.compile("(\\d+)x(\\d+)x(\\d+)");

    /** A known one, or {@code HIDDENxWIDTHxEXPERTS} with two experts a row. */
    public static ExpertLayer named(final String name) {
        final Matcher sizes = SIZES.matcher(name);
        if (sizes.matches()) {
            return new ExpertLayer(name, size(name, sizes.group(1)), size(name, sizes.group(2)),
                size(name, sizes.group(3)), Math.min(2, size(name, sizes.group(3))));
        }
        return KNOWN.stream().filter(layer -> layer.name.equals(name)).findFirst()
            .orElseThrow(() -> new ConfigurationException("There is no layer '" + name + "'; choose from "
                + KNOWN.stream().map(ExpertLayer::name).collect(Collectors.joining(", "))
                + ", or give sizes as 4096x14336x8 (hidden, width, experts)."));
    }

    private static int size(final String name, final String digits) {
        try {
            final int size = Integer.parseInt(digits);
            if (size > 0) {
                return size;
            }
        } catch (final NumberFormatException e) {
            // Said below.
        }
        throw new ConfigurationException("A size of the layer '" + name + "' is " + digits
            + "; choose one from 1 to 2147483647.");
    }

    /** The names of all that are known. */
    public static List<String> names() {
        return Arrays.asList(KNOWN.stream().map(ExpertLayer::name).toArray(String[]::new));
    }

    /** Bytes of one expert. */
    long expertBytes(final DType dtype) {
        return 3L * hidden * width * dtype.bytes();
    }
}
