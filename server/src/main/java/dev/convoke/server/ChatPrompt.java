package dev.convoke.server;

import java.util.List;
import java.util.Map;

/**
 * What a chat template is given. Everything in it is plain values as JSON has them: maps, lists, strings, numbers,
 * booleans and nulls.
 *
 * @param messages            the conversation, oldest first
 * @param tools               what the model may call; empty if nothing
 * @param addGenerationPrompt whether the prompt ends where the assistant's answer begins
 * @param variables           further variables of the template, by name
 */
public record ChatPrompt(List<Map<String, Object>> messages, List<Map<String, Object>> tools,
    boolean addGenerationPrompt, Map<String, Object> variables) {
}
