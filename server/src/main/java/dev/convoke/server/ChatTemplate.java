package dev.convoke.server;

import java.util.List;

/** Turns a conversation into the prompt a model was trained on. Thread-safe. */
public interface ChatTemplate {
    /**
     * The prompt of a conversation, special tokens written out.
     *
     * @param addGenerationPrompt whether it ends where the assistant's answer begins
     * @throws ChatTemplateException when the template refuses the conversation
     */
    String render(List<ChatMessage> messages, boolean addGenerationPrompt);
}
