package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.trace.TraceLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prompts with their domains: a JSON array of objects with {@code text} and perhaps {@code domain}, as that of the demo
 * model; JSON lines with {@code prompt} and perhaps {@code domain} where the name ends in {@code .jsonl}; else a prompt
 * a line.
 */
final class PromptFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private PromptFile() {
    }

    /** One prompt; the domain is empty where there is none. */
    record Prompt(String text, String domain) {
    }

    /**
     * Reads the prompts of a domain, in their order.
     *
     * @param domain null for all, each under the domain the file gives it; else those that the file gives this one, or
     *               all of a file that gives none
     */
    static List<Prompt> read(final Path file, final String domain) {
        final List<Prompt> all = prompts(file);
        if (all.isEmpty()) {
            throw new ConfigurationException(file + " holds no prompts; give a JSON array of objects with 'text', JSON "
                + "lines with 'prompt' (.jsonl), or a prompt a line.");
        }
        requireLabels(all, file);
        final List<String> known = all.stream().map(Prompt::domain).filter(name -> !name.isEmpty()).distinct().toList();
        final List<Prompt> chosen = domain == null ? all : all.stream()
            .filter(prompt -> known.isEmpty() || prompt.domain().equals(domain))
            .map(prompt -> new Prompt(prompt.text(), domain)).toList();
        if (chosen.isEmpty()) {
            throw new ConfigurationException(file + " has no prompt of the domain '" + domain + "'; it has "
                + String.join(", ", known) + ".");
        }
        requireLabels(chosen, "--domain");
        return chosen;
    }

    private static void requireLabels(final List<Prompt> prompts, final Object from) {
        if (!prompts.stream().map(Prompt::domain).allMatch(name -> name.isEmpty() || TraceLimits.isLabel(name))) {
            throw new ConfigurationException("A domain of " + from + " cannot label rows; give 1 to "
                + TraceLimits.MOST_LABEL_BYTES + " bytes of text that can be printed.");
        }
    }

    private static List<Prompt> prompts(final Path file) {
        final String text;
        try {
            text = Files.readString(file);
        } catch (final IOException e) {
            throw new ConfigurationException("The prompts " + file + " cannot be read (" + e.getClass().getSimpleName()
                + "); give a text file in UTF-8.", e);
        }
        final boolean lines = file.toString().endsWith(".jsonl");
        if (!lines && !text.stripLeading().startsWith("[")) {
            return text.lines().filter(line -> !line.isBlank()).map(line -> new Prompt(line, "")).toList();
        }
        final List<Prompt> prompts = new ArrayList<>();
        if (lines) {
            int number = 0;
            for (final String line : text.lines().toList()) {
                number++;
                if (!line.isBlank()) {
                    prompts.add(prompt(parsed(line, file + ", line " + number), "prompt", file + ", line " + number));
                }
            }
        } else {
            for (final JsonNode element : parsed(text, file.toString())) {
                prompts.add(prompt(element, "text", file + ", prompt " + (prompts.size() + 1)));
            }
        }
        return prompts;
    }

    private static Prompt prompt(final JsonNode object, final String field, final String place) {
        if (!object.path(field).isTextual()) {
            throw new ConfigurationException(place + " has no text '" + field + "'; each must be an object with one.");
        }
        return new Prompt(object.get(field).textValue(), object.path("domain").asText(""));
    }

    private static JsonNode parsed(final String json, final String place) {
        try {
            return JSON.readTree(json);
        } catch (final IOException e) {
            throw new ConfigurationException(place + " is not JSON (" + e.getMessage().lines().findFirst().orElse("")
                + "); mend it.", e);
        }
    }
}
