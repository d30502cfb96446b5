package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.ServedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/api.md} lists every field of a request that the server looks at, and no other. */
class DocumentedFieldsTest {
    private static final Path PAGE = Path.of(System.getProperty("convoke.models")).resolveSibling("docs")
        .resolve("api.md");
    private static final Pattern NAME = Pattern.compile("`([a-z_]+)(?:\\.[a-z_]+)?`");

    private final Set<String> asked = new TreeSet<>();

    /** A body that notes which fields are looked for, whether they are there or not. */
    @SuppressWarnings("unchecked")
    private final class NotedBody extends ObjectNode {
        private static final long serialVersionUID = 1L;

        NotedBody(final String json) {
            super(JsonNodeFactory.instance);
            setAll((ObjectNode)TestServer.json(json));
        }

        @Override
        public JsonNode get(final String name) {
            asked.add(name);
            return super.get(name);
        }

        @Override
        public boolean hasNonNull(final String name) {
            asked.add(name);
            return super.hasNonNull(name);
        }
    }

    private void note(final Consumer<RequestFields> reader, final String... bodies) {
        for (final String body : bodies) {
            reader.accept(new RequestFields(new NotedBody(body)));
        }
    }

    @Test
    void shouldListWhatTheServerReads() throws IOException {
        final ServedModel model = TestServer.shared().decoder();
        final ApiContext context = new ApiContext(model, new Logprobs(new TokenTexts(model.tokenizer())), () -> 1,
            false);
        final TokenRoutes tokens = new TokenRoutes(context);
        final CompletionEndpoint completion = new CompletionEndpoint(context);
        final ChatEndpoint chat = new ChatEndpoint(context);
        final String prompt = "{\"prompt\": \"a\"}";
        final String messages = "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}";
        note(fields -> completion.understand(fields, "id"), prompt, prompt.replace("}", ", \"stream\": true}"));
        note(fields -> chat.understand(fields, "id"), messages, messages.replaceFirst("}$", ", \"stream\": true}"));
        note(tokens::tokenize, prompt, messages);
        note(tokens::detokenize, "{\"tokens\": [1]}");
        assertTrue(asked.contains("temperature"), asked.toString());
        assertEquals(documented(), asked);
    }

    private static Set<String> documented() throws IOException {
        final String page = Files.readString(PAGE);
        final Set<String> names = new TreeSet<>();
        page.substring(page.indexOf("## Request fields"), page.indexOf("## Answers")).lines()
            .filter(line -> line.startsWith("| `")).forEach(line -> {
                final Matcher matcher = NAME.matcher(line.substring(0, line.indexOf('|', 1)));
                while (matcher.find()) {
                    names.add(matcher.group(1));
                }
            });
        return names;
    }
}
