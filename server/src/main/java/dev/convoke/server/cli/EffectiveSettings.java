package dev.convoke.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of a command with their values, as YAML that {@code --config} reads, each with where it comes from. */
final class EffectiveSettings {
    private static final YAMLMapper YAML = YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
        .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES).build();

    private EffectiveSettings() {
    }

    /**
     * Prints them.
     *
     * @param all    with what the file says
     * @param byHand without
     */
    static String yaml(final ParseResult all, final ParseResult byHand) {
        final Path file = byHand.matchedOptionValue(ConfigFile.OPTION, (Path)null);
        final StringBuilder text = new StringBuilder("# " + all.commandSpec().qualifiedName() + "\n");
        for (final OptionSpec option : all.commandSpec().options()) {
            final String name = option.longestName();
            if (option.usageHelp() || option.versionHelp() || name.equals(ConfigFile.OPTION)) {
                continue;
            }
            if (byHand.hasMatchedOption(name)) {
                text.append(entry(option, values(option), "given"));
            } else if (all.hasMatchedOption(name)) {
                text.append(entry(option, values(option), "from " + file));
            } else if (option.defaultValue() == null) {
                text.append("# ").append(name.substring(2)).append(": not set\n");
            } else {
                text.append(entry(option, List.of(option.defaultValue()), "default"));
            }
        }
        return text.toString();
    }

    /** Lists in pieces, entries of maps whole. */
    private static List<String> values(final OptionSpec option) {
        return option.typeInfo().isMap() ? option.originalStringValues().stream()
            .flatMap(text -> Arrays.stream(option.splitRegex().isEmpty() ? new String[] {text}
                : text.split(option.splitRegex()))).toList() : option.stringValues();
    }

    private static String entry(final OptionSpec option, final List<String> values, final String origin) {
        final ObjectNode node = JsonNodeFactory.instance.objectNode();
        final String key = option.longestName().substring(2);
        if (option.typeInfo().isMap()) {
            final ObjectNode map = node.putObject(key);
            values.forEach(value -> map.put(value.substring(0, value.indexOf('=')),
                value.substring(value.indexOf('=') + 1)));
        } else if (option.isMultiValue()) {
            final ArrayNode list = node.putArray(key);
            values.forEach(list::add);
        } else if (option.typeInfo().isBoolean()) {
            node.put(key, Boolean.parseBoolean(values.getFirst()));
        } else {
            node.put(key, values.getFirst());
        }
        final String yaml = written(node).strip();
        return yaml.contains("\n") ? "# " + origin + ":\n" + yaml + "\n" : yaml + "  # " + origin + "\n";
    }

    private static String written(final ObjectNode node) {
        try {
            return YAML.writeValueAsString(node);
        } catch (final JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
