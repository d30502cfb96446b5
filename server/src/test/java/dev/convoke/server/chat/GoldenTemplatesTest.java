package dev.convoke.server.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.server.ChatPrompt;
import dev.convoke.server.ChatTemplateException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What transformers renders from the same templates and conversations. */
class GoldenTemplatesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> GIVEN = List.of("messages", "tools", "add_generation_prompt", "bos_token",
        "eos_token");

    private static String resource(final String name) throws IOException {
        try (InputStream in = GoldenTemplatesTest.class.getResourceAsStream("/chat-templates/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @TestFactory
    Stream<DynamicTest> shouldRenderAsListed() throws IOException {
        final int[] number = {0};
        return StreamSupport.stream(JSON.readTree(resource("cases.json")).spliterator(), false)
            .map(golden -> DynamicTest.dynamicTest(golden.get("template").asText() + " " + number[0]++,
                () -> check(golden)));
    }

    private static void check(final JsonNode golden) throws IOException {
        final JsonNode given = golden.get("variables");
        final JinjaChatTemplate template = new JinjaChatTemplate(new ChatTemplateSource(
            resource(golden.get("template").asText() + ".jinja"), given.get("bos_token").asText(),
            given.get("eos_token").asText()), LocalDateTime::now);
        final Map<String, Object> further = JSON.convertValue(given, new TypeReference<>() {
        });
        further.keySet().removeAll(GIVEN);
        final ChatPrompt prompt = new ChatPrompt(maps(given.get("messages")), maps(given.get("tools")),
            given.get("add_generation_prompt").asBoolean(), further);
        if (golden.has("error")) {
            final String message = assertThrows(ChatTemplateException.class, () -> template.render(prompt))
                .getMessage();
            assertTrue(message.contains(golden.get("error").asText()), message);
        } else {
            assertEquals(golden.get("rendered").asText(), template.render(prompt));
        }
    }

    private static List<Map<String, Object>> maps(final JsonNode node) {
        return node.isNull() ? List.of() : JSON.convertValue(node, new TypeReference<>() {
        });
    }
}
