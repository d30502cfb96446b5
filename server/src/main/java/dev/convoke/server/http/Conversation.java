package dev.convoke.server.http;

import dev.convoke.server.ChatPrompt;
import dev.convoke.server.ChatTemplate;
import dev.convoke.server.ChatTemplateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation as the model reads it.
 *
 * @param text   the prompt
 * @param echoed the last message where it is the beginning of the answer, else empty
 */
record Conversation(String text, String echoed) {
    private static final String CONTENT = "content";
    /** Behind the last message's text, to find where the template puts it; of characters for private use. */
    private static final String MARK = "\uF8FE\uF8FDend of the last message\uF8FD\uF8FE";

    /** Renders what a request holds; 400 where the template refuses it. */
    static Conversation of(final RequestFields fields, final ChatTemplate template) {
        final ChatPrompt prompt = ChatFields.parse(fields);
        final Map<String, Object> last = prompt.messages().getLast();
        final boolean continued = ChatFields.continuesLast(fields);
        final String begun = continued || "assistant".equals(last.get("role")) ? (String)last.get(CONTENT) : "";
        try {
            return new Conversation(continued ? continued(prompt, template) : template.render(prompt), begun);
        } catch (final ChatTemplateException e) {
            throw ApiException.invalid(ChatFields.MESSAGES, e.getMessage());
        }
    }

    /** Up to the end of the last message's text, without what the template puts behind it. */
    private static String continued(final ChatPrompt prompt, final ChatTemplate template) {
        final List<Map<String, Object>> messages = new ArrayList<>(prompt.messages());
        final Map<String, Object> last = new LinkedHashMap<>(messages.removeLast());
        last.put(CONTENT, last.get(CONTENT) + MARK + " ");
        messages.add(last);
        final String text = template.render(new ChatPrompt(messages, prompt.tools(), false, prompt.variables()));
        final int end = text.lastIndexOf(MARK);
        if (end < 0) {
            throw ApiException.invalid(ChatFields.CONTINUE, "'continue_final_message' cannot be used: the model's chat "
                + "template does not show the last message's text.");
        }
        // A template that drops the space behind the mark would have dropped those before it, too.
        final boolean keepsSpaces = text.startsWith(" ", end + MARK.length());
        return keepsSpaces ? text.substring(0, end) : text.substring(0, end).stripTrailing();
    }
}
