package dev.convoke.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.ChatPrompt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The fields of a request that make up the conversation. */
final class ChatFields {
    static final String MESSAGES = "messages";
    static final String CONTINUE = "continue_final_message";
    private static final String GENERATION_PROMPT = "add_generation_prompt";
    private static final String CONTENT = "content";
    private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {
    };

    private ChatFields() {
    }

    /** Reads and checks them. */
    static ChatPrompt parse(final RequestFields fields) {
        requireFreeToolChoice(fields);
        final List<Map<String, Object>> tools = tools(fields);
        return new ChatPrompt(messages(fields), tools, fields.flag(GENERATION_PROMPT, !continuesLast(fields)),
            variables(fields));
    }

    /** Whether the answer goes on with the last message instead of beginning one. */
    static boolean continuesLast(final RequestFields fields) {
        final boolean continues = fields.flag(CONTINUE, false);
        if (continues && fields.flag(GENERATION_PROMPT, false)) {
            throw ApiException.invalid(CONTINUE, "'continue_final_message' and 'add_generation_prompt' contradict each "
                + "other; set at most one of them to true.");
        }
        return continues;
    }

    /** Tools are shown to the model; what it answers is text. */
    private static void requireFreeToolChoice(final RequestFields fields) {
        fields.node("tool_choice").ifPresent(node -> {
            if (!"auto".equals(node.asText()) && !"none".equals(node.asText())) {
                throw ApiException.invalid("tool_choice", "'tool_choice' can only be 'auto' or 'none' here: this "
                    + "server does not force tool calls.");
            }
        });
    }

    private static List<Map<String, Object>> tools(final RequestFields fields) {
        final List<Map<String, Object>> tools = new ArrayList<>();
        final boolean wanted = fields.node("tool_choice").map(node -> !"none".equals(node.asText())).orElse(true);
        fields.node("tools").ifPresent(node -> {
            if (!node.isArray()) {
                throw RequestFields.wrongType("tools", "an array of tools", node);
            }
            node.forEach(tool -> {
                if (!tool.path("function").path("name").isTextual()) {
                    throw ApiException.invalid("tools", "Each of 'tools' must be of the form {\"type\": \"function\", "
                        + "\"function\": {\"name\": ...}}.");
                }
                tools.add(Json.MAPPER.convertValue(tool, MAP));
            });
        });
        return wanted ? tools : List.of();
    }

    private static Map<String, Object> variables(final RequestFields fields) {
        return fields.node("chat_template_kwargs").map(node -> {
            if (!node.isObject()) {
                throw RequestFields.wrongType("chat_template_kwargs", "an object", node);
            }
            return Json.MAPPER.convertValue(node, MAP);
        }).orElse(Map.of());
    }

    private static List<Map<String, Object>> messages(final RequestFields fields) {
        final JsonNode node = fields.node(MESSAGES).orElseThrow(
            () -> ApiException.invalid(MESSAGES, "'messages' is missing; give an array with at least one message."));
        if (!node.isArray() || node.isEmpty()) {
            throw ApiException.invalid(MESSAGES, "'messages' must be an array with at least one message.");
        }
        final List<Map<String, Object>> messages = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            messages.add(message(node.get(i), MESSAGES + "[" + i + "]"));
        }
        return messages;
    }

    private static Map<String, Object> message(final JsonNode node, final String where) {
        final JsonNode role = node.path("role");
        if (!role.isTextual() || role.textValue().isEmpty()) {
            throw ApiException.invalid(where + ".role", "'" + where + ".role' must be a string such as 'user'.");
        }
        final Map<String, Object> message = new LinkedHashMap<>();
        message.put("role", role.textValue());
        message.put(CONTENT, content(node.path(CONTENT), where + "." + CONTENT));
        final ObjectNode rest = ((ObjectNode)node).deepCopy();
        rest.remove(List.of("role", CONTENT));
        rest.path("tool_calls").forEach(call -> parseArguments(call, where));
        message.putAll(Json.MAPPER.convertValue(rest, MAP));
        message.values().removeIf(value -> value == null);
        message.putIfAbsent(CONTENT, "");
        return message;
    }

    /** Clients write a call's arguments as a string of JSON; templates expect what it says. */
    private static void parseArguments(final JsonNode call, final String where) {
        if (call.path("function") instanceof ObjectNode function && function.path("arguments").isTextual()) {
            try {
                function.set("arguments", Json.MAPPER.readTree(function.get("arguments").textValue()));
            } catch (final JsonProcessingException e) {
                throw ApiException.invalid(where + ".tool_calls", "'" + where + ".tool_calls' has arguments that are "
                    + "not JSON: " + e.getOriginalMessage() + ".");
            }
        }
    }

    /** A string, or text parts joined; nothing where there is none. */
    private static String content(final JsonNode node, final String where) {
        if (node.isTextual()) {
            return node.textValue();
        }
        if (node.isNull() || node.isMissingNode()) {
            return "";
        }
        if (!(node instanceof ArrayNode parts)) {
            throw ApiException.invalid(where, "'" + where + "' must be a string or an array of text parts.");
        }
        final StringBuilder text = new StringBuilder();
        for (final JsonNode part : parts) {
            if (!"text".equals(part.path("type").asText()) || !part.path("text").isTextual()) {
                throw ApiException.invalid(where, "'" + where + "' may only hold parts of type 'text'.");
            }
            text.append(part.path("text").textValue());
        }
        return text.toString();
    }
}
