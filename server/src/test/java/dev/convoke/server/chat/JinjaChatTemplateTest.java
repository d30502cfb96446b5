package dev.convoke.server.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.server.ChatMessage;
import dev.convoke.server.ChatTemplateException;
import java.util.List;
import org.junit.jupiter.api.Test;

class JinjaChatTemplateTest {
    private static final List<ChatMessage> MESSAGES = List.of(new ChatMessage("system", "Be brief."),
        new ChatMessage("user", "What is {{ 7 * 7 }}? {% raw %}"));

    private static String render(final String template) {
        return new JinjaChatTemplate(new ChatTemplateSource(template, "<s>", "</s>")).render(MESSAGES, true);
    }

    @Test
    void shouldRenderMessagesAndTokens() {
        assertEquals("<s>system: Be brief.\nuser: What is {{ 7 * 7 }}? {% raw %}</s>go", render(
            "{{ bos_token }}{% for message in messages %}{{ message['role'] }}: {{ message.content }}"
                + "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}{{ eos_token }}"
                + "{% if add_generation_prompt %}go{% endif %}"));
    }

    @Test
    void shouldTrimBlocksAsTransformersDoes() {
        assertEquals("ab", render("{% if true %}\na{% endif %}\n    {% if true %}\nb{% endif %}\n"));
    }

    @Test
    void shouldPassOnWhyATemplateRefuses() {
        final ChatTemplateException e = assertThrows(ChatTemplateException.class, () -> render(
            "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"));
        assertTrue(e.getMessage().contains("System role not supported"), e.getMessage());
    }

    @Test
    void shouldSayThatATemplateIsDamaged() {
        assertThrows(ChatTemplateException.class, () -> render("{% for message in messages %}"));
    }
}
