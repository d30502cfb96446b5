package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** The JSON of an answer, whole or in parts. Of one request; thread-safe. */
interface AnswerFormat {
    /** The whole answer, without usage. */
    ObjectNode whole(List<Choice> choices);

    /** The event before a choice's first token, if there is one. Called once the prompt has been scored. */
    Optional<ObjectNode> opening(Choice choice);

    /** The event of one step of a choice. */
    ObjectNode part(Choice choice, Choice.Delta delta);

    /** An event without choices. */
    ObjectNode empty();
}
