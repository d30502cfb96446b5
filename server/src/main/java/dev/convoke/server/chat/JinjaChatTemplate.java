package dev.convoke.server.chat;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.server.ChatPrompt;
import dev.convoke.server.ChatTemplate;
import dev.convoke.server.ChatTemplateException;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A Jinja template, rendered by Jinjava as Hugging Face's transformers renders it with Python's Jinja: blocks trimmed,
 * Python's string methods, slices and printing. What messages contain is data: it is never interpreted. The engine is
 * made with the first conversation, since it takes a while.
 */
public final class JinjaChatTemplate implements ChatTemplate {
    private static final int MOST_OUTPUT = 16 << 20;
    private static final int MOST_DEPTH = 64;

    private final ChatTemplateSource source;
    private final String template;
    private final String toolTemplate;
    private final Supplier<LocalDateTime> clock;

    /** Prepares a template; {@code clock} tells {@code strftime_now} the time. */
    public JinjaChatTemplate(final ChatTemplateSource source, final Supplier<LocalDateTime> clock) {
        this.source = source;
        this.template = PythonSyntax.translate(source.template());
        this.toolTemplate = source.toolTemplate().map(PythonSyntax::translate).orElse(template);
        this.clock = clock;
    }

    private static Jinjava newEngine() {
        final Jinjava engine = new Jinjava(JinjavaConfig.newBuilder()
            .withNestedInterpretationEnabled(false)
            .withEnableRecursiveMacroCalls(true)
            .withMaxMacroRecursionDepth(MOST_DEPTH)
            .withMaxRenderDepth(MOST_DEPTH)
            .withMaxOutputSize(MOST_OUTPUT)
            .withMaxStringLength(MOST_OUTPUT)
            .withElResolver(PythonMethods.beforeThoseOfJinjava())
            .withLegacyOverrides(LegacyOverrides.newBuilder().withEvaluateMapKeys(true)
                .withIterateOverMapKeys(true).withUsePyishObjectMapper(true).withUseNaturalOperatorPrecedence(true)
                .withParseWhitespaceControlStrictly(true).withAllowAdjacentTextNodes(true)
                .withUseTrimmingForNotesAndExpressions(true).withKeepNullableLoopValues(true)
                .withHandleBackslashInQuotesOnly(true).build())
            .build());
        engine.getGlobalContext().registerFunction(new ELFunctionDefinition("", "raise_exception",
            TemplateFunctions.class, "raiseException", String.class));
        engine.getGlobalContext().registerFunction(new ELFunctionDefinition("", "strftime_now",
            TemplateFunctions.class, "strftimeNow", String.class));
        engine.getGlobalContext().registerFunction(new ELFunctionDefinition("", "python_slice",
            PythonSlice.class, "slice", Object.class, Object.class, Object.class, Object.class));
        engine.getGlobalContext().registerFunction(new ELFunctionDefinition("", "python_text",
            PythonText.class, "of", Object.class));
        engine.getGlobalContext().registerFilter(new PythonJsonFilter());
        PythonFilters.all().forEach(engine.getGlobalContext()::registerFilter);
        return engine;
    }

    /** Made when first used. */
    private static final class Engine {
        private static final Jinjava JINJAVA = newEngine();
    }

    @Override
    public String render(final ChatPrompt prompt) {
        final Map<String, Object> bindings = new HashMap<>(prompt.variables());
        bindings.put("messages", prompt.messages());
        bindings.put("tools", prompt.tools().isEmpty() ? null : prompt.tools());
        bindings.put("add_generation_prompt", prompt.addGenerationPrompt());
        bindings.put("bos_token", source.bosToken());
        bindings.put("eos_token", source.eosToken());
        final RenderResult result = TemplateFunctions.at(clock, () -> Engine.JINJAVA.renderForResult(
            prompt.tools().isEmpty() ? template : toolTemplate, bindings));
        result.getErrors().stream().filter(error -> error.getSeverity() == TemplateError.ErrorType.FATAL).findFirst()
            .ifPresent(JinjaChatTemplate::refuse);
        return result.getOutput();
    }

    private static void refuse(final TemplateError error) {
        Throwable cause = error.getException();
        while (cause != null && !(cause instanceof ChatTemplateException)) {
            cause = cause.getCause();
        }
        throw cause == null
            ? new ChatTemplateException("The model's chat template failed in line " + error.getLineno() + ": "
                + error.getMessage())
            : new ChatTemplateException("The model's chat template refuses the conversation: " + cause.getMessage());
    }
}
