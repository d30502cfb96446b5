package dev.convoke.server.chat;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.server.ChatMessage;
import dev.convoke.server.ChatTemplate;
import dev.convoke.server.ChatTemplateException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Jinja template, rendered by Jinjava with the settings that Hugging Face's transformers use. What messages contain
 * is data: it is never interpreted. The engine is made with the first conversation, since it takes a while.
 */
public final class JinjaChatTemplate implements ChatTemplate {
    private final ChatTemplateSource source;

    public JinjaChatTemplate(final ChatTemplateSource source) {
        this.source = source;
    }

    private static Jinjava newEngine() {
        final Jinjava engine = new Jinjava(JinjavaConfig.newBuilder()
            .withTrimBlocks(true)
            .withLstripBlocks(true)
            .withNestedInterpretationEnabled(false)
            .withMaxRenderDepth(32)
            .withLegacyOverrides(LegacyOverrides.ALL)
            .build());
        engine.getGlobalContext().registerFunction(new ELFunctionDefinition("", "raise_exception",
            JinjaChatTemplate.class, "raiseException", String.class));
        return engine;
    }

    /** Made when first used. */
    private static final class Engine {
        private static final Jinjava JINJAVA = newEngine();
    }

    /** Called by templates that refuse a conversation. */
    public static String raiseException(final String message) {
        throw new ChatTemplateException(message);
    }

    @Override
    public String render(final List<ChatMessage> messages, final boolean addGenerationPrompt) {
        final Map<String, Object> bindings = new HashMap<>();
        bindings.put("messages", messages.stream().map(JinjaChatTemplate::binding).toList());
        bindings.put("add_generation_prompt", addGenerationPrompt);
        bindings.put("bos_token", source.bosToken());
        bindings.put("eos_token", source.eosToken());
        final RenderResult result = Engine.JINJAVA.renderForResult(source.template(), bindings);
        result.getErrors().stream().filter(error -> error.getSeverity() == TemplateError.ErrorType.FATAL).findFirst()
            .ifPresent(JinjaChatTemplate::refuse);
        return result.getOutput();
    }

    private static Map<String, Object> binding(final ChatMessage message) {
        final Map<String, Object> binding = new LinkedHashMap<>();
        binding.put("role", message.role());
        binding.put("content", message.content());
        return binding;
    }

    private static void refuse(final TemplateError error) {
        Throwable cause = error.getException();
        while (cause != null && !(cause instanceof ChatTemplateException)) {
            cause = cause.getCause();
        }
        throw cause == null
            ? new ChatTemplateException("The model's chat template failed: " + error.getMessage())
            : new ChatTemplateException("The model's chat template refuses the conversation: " + cause.getMessage());
    }
}
