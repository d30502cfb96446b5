package dev.convoke.server;

/**
 * One message of a conversation.
 *
 * @param role    for example {@code system}, {@code user} or {@code assistant}
 * @param content its text
 */
public record ChatMessage(String role, String content) {
}
