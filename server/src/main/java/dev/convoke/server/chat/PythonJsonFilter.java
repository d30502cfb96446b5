package dev.convoke.server.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.AdvancedFilter;
import dev.convoke.server.ChatTemplateException;
import java.util.Map;

/**
 * {@code tojson} as transformers defines it: Python's {@code json.dumps} without escapes of what is not ASCII, one line
 * with a space after each comma and colon, or indented.
 */
final class PythonJsonFilter implements AdvancedFilter {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Override
    public String getName() {
        return "tojson";
    }

    @Override
    public Object filter(final Object value, final JinjavaInterpreter interpreter, final Object[] arguments,
        final Map<String, Object> named) {
        final Object indent = named.getOrDefault("indent", arguments.length > 0 ? arguments[0] : null);
        try {
            return writer(indent instanceof Number number ? number.intValue() : 0).writeValueAsString(value);
        } catch (final JsonProcessingException e) {
            throw new ChatTemplateException("tojson cannot write a value: " + e.getOriginalMessage(), e);
        }
    }

    private static ObjectWriter writer(final int indent) {
        if (indent <= 0) {
            return MAPPER.writer(new OneLine());
        }
        final DefaultIndenter indenter = new DefaultIndenter(" ".repeat(indent), "\n");
        return MAPPER.writer(new DefaultPrettyPrinter(Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER).withObjectEmptySeparator("")
            .withArrayEmptySeparator("")).withArrayIndenter(indenter).withObjectIndenter(indenter));
    }

    /** {@code ", "} between values and {@code ": "} after names. */
    private static final class OneLine extends MinimalPrettyPrinter {
        private static final long serialVersionUID = 1L;

        @Override
        public void writeObjectEntrySeparator(final com.fasterxml.jackson.core.JsonGenerator out)
            throws java.io.IOException {
            out.writeRaw(", ");
        }

        @Override
        public void writeArrayValueSeparator(final com.fasterxml.jackson.core.JsonGenerator out)
            throws java.io.IOException {
            out.writeRaw(", ");
        }

        @Override
        public void writeObjectFieldValueSeparator(final com.fasterxml.jackson.core.JsonGenerator out)
            throws java.io.IOException {
            out.writeRaw(": ");
        }
    }
}
