package dev.convoke.server.http;

import java.util.List;

/**
 * A request that was understood: what to generate and how to write it.
 *
 * @param choices    not submitted yet
 * @param tellsTimes whether the answer says how long it took
 */
record Job(List<Choice> choices, GenerationOptions options, AnswerFormat format, boolean tellsTimes) {
}
