package dev.convoke.server.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.server.ChatPrompt;
import dev.convoke.server.ChatTemplateException;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JinjaChatTemplateTest {
    private static final List<Map<String, Object>> MESSAGES = List.of(Map.of("role", "system", "content",
        "Be brief."), Map.of("role", "user", "content", "What is {{ 7 * 7 }}? {% raw %}"));

    private static String render(final String template) {
        return new JinjaChatTemplate(new ChatTemplateSource(template, "<s>", "</s>"),
            () -> LocalDateTime.of(2026, 3, 4, 15, 6, 7))
            .render(new ChatPrompt(MESSAGES, List.of(), true, Map.of()));
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

    @ParameterizedTest
    @CsvSource(delimiter = '§', quoteCharacter = '~', value = {
        "{{ 'abcdef'[1:3] }}{{ 'abcdef'[::-1] }}{{ 'abcdef'[-2:] }}{{ [1, 2, 3][:2][0] }} § bcfedcbaef1",
        "{{ messages[1:][0].role }}{{ messages[::-1][0]['role'][:2] }} § userus",
        "{% for m in messages if m.role == 'user' %}{{ loop.index }}/{{ loop.length }}"
            + "{{ m.role }}{% endfor %} § 1/1user",
        "{{ ' a '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'xxaxx'.rstrip('x') }}"
            + "|{{ 'xxaxx'.lstrip('x') }} § a|a|xxa|axx",
        "{{ 'a,b,c'.split(',')[-1] }}{{ 'a b  c'.split()|length }}{{ 'a,b,c'.split(',', 1)[1] }} § c3b,c",
        "{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith('x') }}{{ 'abc'.upper().lower().title() }} § TrueFalseAbc",
        "{{ 'a-b'.replace('-', '+') }}{{ 'ab'.find('b') }}{{ ','.join(['x', 'y']) }} § a+b1x,y",
        "{{ {'a': 1}.get('b', 2) }}{% for k, v in {'x': 1}.items() %}{{ k }}={{ v }}{% endfor %} § 2x=1",
        "{% set ns = namespace(n=0) %}{% for i in range(3) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }} § 3",
        "{{ strftime_now('%d %b %Y %H:%M:%S %-d %A %%') }} § 04 Mar 2026 15:06:07 4 Wednesday %",
        "{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}"
            + "{% endfor %} § 013",
        "{{ undefined_name is defined }}{{ none is none }}{{ 'a' is string }}"
            + "{{ messages[0] is mapping }} § FalseTrueTrueTrue",
        "{{ 'yes' if 'user' in messages|map(attribute='role')|list else 'no' }}{{ 'z' not in 'abc' }} § yesTrue",
        "{{ {'a': [1, {'b': none}], 'c': 'é<>'}|tojson }} § {\"a\": [1, {\"b\": null}], \"c\": \"é<>\"}",
        "{% generation %}x{% endgeneration %}{# note #}y{{- 'z' -}} w § xyzw",
        "{{ messages|selectattr('role', 'equalto', 'user')|list|length }}{{ (messages|rejectattr('role', 'equalto', "
            + "'user')|first) is mapping }} § 1True",
        "{{ missing|default('d') }}{{ ''|default('e', true) }}{{ 'abc'|first }}{{ [3, 1, 2]|sort|join('') }} § dea123",
        "{{ 7 // 2 }}{{ 7 % 2 }}{{ 2 ** 3 }}{{ 'a' ~ 1 ~ 'b' }} § 318a1b"})
    void shouldUnderstandPythonsWays(final String template, final String expected) {
        assertEquals(expected, render(template));
    }

    @Test
    void shouldIndentJsonOnRequest() {
        assertEquals("{\n    \"a\": [\n        1\n    ]\n}", render("{{ {'a': [1]}|tojson(indent=4) }}"));
    }

    @Test
    void shouldEndATemplateThatWritesWithoutEnd() {
        assertThrows(ChatTemplateException.class, () -> render("{% for i in range(1000) %}{% for j in range(1000) %}"
            + "{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}{% endfor %}"));
    }

    @Test
    void shouldRenderConversationsWithToolsByTheirOwnTemplate() {
        final JinjaChatTemplate template = new JinjaChatTemplate(new ChatTemplateSource("plain",
            Optional.of("with {{ tools|length }} tools"), "", ""), LocalDateTime::now);
        assertEquals("plain", template.render(new ChatPrompt(List.of(), List.of(), false, Map.of())));
        assertEquals("with 1 tools", template.render(new ChatPrompt(List.of(), List.of(Map.of("type", "function")),
            false, Map.of())));
    }
}
