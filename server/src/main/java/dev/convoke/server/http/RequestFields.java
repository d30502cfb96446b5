package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the fields of a request and names the one that is wrong. A field that is null counts as absent. */
final class RequestFields {
    private final ObjectNode body;

    RequestFields(final ObjectNode body) {
        this.body = body;
    }

    /** Whether a field is there. */
    boolean has(final String name) {
        return body.hasNonNull(name);
    }

    /** A field of any type. */
    Optional<JsonNode> node(final String name) {
        return has(name) ? Optional.of(body.get(name)) : Optional.empty();
    }

    Optional<String> text(final String name) {
        return node(name).map(node -> {
            if (!node.isTextual()) {
                throw wrongType(name, "a string", node);
            }
            return node.textValue();
        });
    }

    boolean flag(final String name, final boolean otherwise) {
        return node(name).map(node -> {
            if (!node.isBoolean()) {
                throw wrongType(name, "true or false", node);
            }
            return node.booleanValue();
        }).orElse(otherwise);
    }

    /** A whole number within a range, both ends included. */
    Optional<Integer> integer(final String name, final int least, final int most) {
        return node(name).map(node -> {
            if (!node.isIntegralNumber()) {
                throw wrongType(name, "a whole number", node);
            }
            if (!node.canConvertToInt() || node.intValue() < least || node.intValue() > most) {
                throw outOfRange(name, node, most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most);
            }
            return node.intValue();
        });
    }

    /** Refuses fields that nobody would look at. */
    void requireKnown(final String... names) {
        body.fieldNames().forEachRemaining(name -> {
            if (!List.of(names).contains(name)) {
                throw ApiException.invalid(name, "There is no field '" + name + "' here; known are "
                    + String.join(", ", names) + ".");
            }
        });
    }

    /** A whole number of 64 bits within a range, both ends included. */
    Optional<Long> longInteger(final String name, final long least, final long most) {
        final Optional<Long> value = longInteger(name);
        if (value.isPresent() && (value.get() < least || value.get() > most)) {
            throw outOfRange(name, body.get(name), most == Long.MAX_VALUE ? least + " or more"
                : least + " to " + most);
        }
        return value;
    }

    /** Any 64-bit number. */
    Optional<Long> longInteger(final String name) {
        return node(name).map(node -> {
            if (!node.isIntegralNumber()) {
                throw wrongType(name, "a whole number", node);
            }
            if (!node.canConvertToLong()) {
                throw outOfRange(name, node, "a number of 64 bits");
            }
            return node.longValue();
        });
    }

    /** A number within a range, both ends included; the least positive number means that 0 is not. */
    Optional<Float> number(final String name, final float least, final float most) {
        return node(name).map(node -> {
            if (!node.isNumber()) {
                throw wrongType(name, "a number", node);
            }
            if (!(node.floatValue() >= least && node.floatValue() <= most)) {
                final String lower = least == Float.MIN_VALUE ? "more than 0" : String.valueOf(least);
                throw outOfRange(name, node, most == Float.MAX_VALUE ? lower
                    : lower + (least == Float.MIN_VALUE ? " and at most " : " to ") + most);
            }
            return node.floatValue();
        });
    }

    /** A string, or an array of strings, none of them empty; an absent field has none. */
    List<String> texts(final String name, final int most) {
        final List<String> texts = new ArrayList<>();
        node(name).ifPresent(node -> {
            if (node.isArray() && node.size() > most) {
                throw ApiException.invalid(name, "'" + name + "' has " + node.size() + " strings; give at most " + most
                    + ".");
            }
            (node.isArray() ? node : List.of(node)).forEach(element -> {
                if (!element.isTextual() || element.textValue().isEmpty()) {
                    throw ApiException.invalid(name, "'" + name + "' must be a string or an array of strings, none of "
                        + "them empty.");
                }
                texts.add(element.textValue());
            });
        });
        return List.copyOf(texts);
    }

    /** An array of token ids; an absent field has none. */
    int[] tokenIds(final String name, final int vocabularySize) {
        return ids(name, vocabularySize, vocabularySize);
    }

    /** An array of at most so many token ids, in any order and number of times; an absent field has none. */
    int[] ids(final String name, final int vocabularySize, final int most) {
        final JsonNode node = node(name).orElse(Json.array());
        if (!node.isArray() || node.size() > most) {
            throw wrongType(name, "an array of at most " + most + " token ids", node);
        }
        final int[] ids = new int[node.size()];
        for (int i = 0; i < ids.length; i++) {
            final JsonNode id = node.get(i);
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0
                || id.intValue() >= vocabularySize) {
                throw ApiException.invalid(name, "'" + name + "' holds " + described(id) + ", which is no token id; "
                    + "ids are 0 to " + (vocabularySize - 1) + ".");
            }
            ids[i] = id.intValue();
        }
        return ids;
    }

    /** Refuses a field that would change the answer and is not implemented, unless it asks for nothing. */
    void refuseUnlessNeutral(final String name) {
        node(name).ifPresent(node -> {
            final boolean neutral = node.isNumber() ? node.doubleValue() == 0
                : node.isContainerNode() ? node.isEmpty() : node.isBoolean() && !node.booleanValue();
            if (!neutral) {
                throw ApiException.invalid(name, "'" + name + "' is not supported by this server; leave it out.");
            }
        });
    }

    static ApiException wrongType(final String name, final String wanted, final JsonNode actual) {
        return ApiException.invalid(name, "'" + name + "' must be " + wanted + ", not " + described(actual) + ".");
    }

    private static ApiException outOfRange(final String name, final JsonNode actual, final String wanted) {
        return ApiException.invalid(name, "'" + name + "' is " + actual.asText() + "; choose " + wanted + ".");
    }

    /** A value in an error's words. */
    static String described(final JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> node.asText();
            case BOOLEAN -> node.asText();
            default -> "null";
        };
    }
}
