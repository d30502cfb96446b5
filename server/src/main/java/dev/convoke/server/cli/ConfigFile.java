package dev.convoke.server.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Settings from a YAML file: its keys are the options of the command, and what it says is put before the command's own
 * arguments unless those say otherwise.
 */
final class ConfigFile {
    static final String OPTION = "--config";

    private ConfigFile() {
    }

    /** The arguments with those of the file that they name. */
    static String[] expand(final CommandLine commandLine, final String[] args) {
        if (Arrays.stream(args).noneMatch(arg -> arg.equals(OPTION) || arg.startsWith(OPTION + "="))) {
            return args;
        }
        ParseResult result = commandLine.parseArgs(args);
        int commandEnd = 0;
        while (result.hasSubcommand()) {
            result = result.subcommand();
            commandEnd = Arrays.asList(args).indexOf(result.commandSpec().name()) + 1;
        }
        final Path file = result.matchedOptionValue(OPTION, (Path)null);
        if (file == null || result.isUsageHelpRequested()) {
            return args;
        }
        final List<String> expanded = new ArrayList<>(Arrays.asList(args).subList(0, commandEnd));
        expanded.addAll(arguments(file, result, commandLine.getCommand()));
        expanded.addAll(Arrays.asList(args).subList(commandEnd, args.length));
        return expanded.toArray(String[]::new);
    }

    private static List<String> arguments(final Path file, final ParseResult given,
        final Convoke convoke) {
        final List<String> arguments = new ArrayList<>();
        for (final Map.Entry<String, JsonNode> entry : read(file).properties()) {
            final String option = "--" + entry.getKey();
            final OptionSpec spec = given.commandSpec().findOption(option);
            if (spec == null || OPTION.equals(option) || spec.usageHelp() || spec.versionHelp()) {
                throw unknown(file, entry.getKey(), given);
            }
            if (!given.hasMatchedOption(option)) {
                convoke.onOptionOf(file, spec.longestName());
                add(arguments, file, entry.getKey(), entry.getValue(), spec);
            }
        }
        return arguments;
    }

    private static void add(final List<String> arguments, final Path file, final String key, final JsonNode value,
        final OptionSpec spec) {
        final boolean takesList = spec.isMultiValue();
        if (value.isArray() && takesList) {
            value.forEach(element -> add(arguments, file, key, element, spec));
        } else if (value.isObject() && spec.typeInfo().isMap()) {
            value.properties().forEach(entry -> arguments.add("--" + key + "=" + entry.getKey() + "="
                + entry.getValue().asText()));
        } else if (value.isContainerNode() || value.isNull()) {
            throw new ConfigurationException(file + " gives '" + key + "' no single value; write '" + key + ": VALUE'"
                + (takesList ? " or a list of values." : "."));
        } else {
            arguments.add("--" + key + "=" + value.asText());
        }
    }

    private static ObjectNode read(final Path file) {
        final JsonNode root;
        try {
            root = YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                .build().readTree(Files.readString(located(file)));
        } catch (final JsonProcessingException e) {
            throw new ConfigurationException(file + " is not valid YAML: " + e.getOriginalMessage().strip()
                .replaceAll("\\s+", " ") + " (line " + e.getLocation().getLineNr() + ").", e);
        } catch (final IOException e) {
            throw new ConfigurationException("The configuration file " + file + " cannot be read; check the path.", e);
        }
        if (root instanceof ObjectNode object) {
            return object;
        }
        if (root.isMissingNode() || root.isNull()) {
            return JsonNodeFactory.instance.objectNode();
        }
        throw new ConfigurationException(file + " must hold lines of the form 'key: value'.");
    }

    private static Path located(final Path file) {
        final Path beside = Convoke.home().resolve(file);
        return !Files.exists(file) && Files.exists(beside) ? beside : file;
    }

    private static ConfigurationException unknown(final Path file, final String key, final ParseResult given) {
        final TreeSet<String> known = new TreeSet<>();
        for (final OptionSpec spec : given.commandSpec().options()) {
            if (!spec.usageHelp() && !spec.versionHelp() && !spec.longestName().equals(OPTION)) {
                known.add(spec.longestName().substring(2));
            }
        }
        final String nearest = NearestName.of(key, known);
        return new ConfigurationException(file + " has the unknown key '" + key + "'; "
            + (nearest.isEmpty() ? "choose from " + String.join(", ", known) : "did you mean '" + nearest + "'?")
            + (nearest.isEmpty() ? "." : ""));
    }
}
