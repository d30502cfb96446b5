package dev.convoke.server;

/** Turns a conversation into the prompt a model was trained on. Thread-safe. */
public interface ChatTemplate {
    /**
     * The prompt of a conversation, special tokens written out.
     *
     * @throws ChatTemplateException when the template refuses the conversation
     */
    String render(ChatPrompt prompt);
}
