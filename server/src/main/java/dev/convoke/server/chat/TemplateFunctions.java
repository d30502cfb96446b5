package dev.convoke.server.chat;

import dev.convoke.server.ChatTemplateException;
import java.time.LocalDateTime;
import java.util.function.Supplier;

/** The functions that templates of Hugging Face's transformers may call. Found by Jinjava, hence public. */
public final class TemplateFunctions {
    private static final ScopedValue<Supplier<LocalDateTime>> CLOCK = ScopedValue.newInstance();

    private TemplateFunctions() {
    }

    /** Renders with a clock for {@link #strftimeNow}. */
    static <T> T at(final Supplier<LocalDateTime> clock, final Supplier<T> rendering) {
        return ScopedValue.where(CLOCK, clock).call(rendering::get);
    }

    /** Called by templates that refuse a conversation. */
    public static String raiseException(final String message) {
        throw new ChatTemplateException(message);
    }

    /** The time of now in C's notation. */
    public static String strftimeNow(final String format) {
        return Strftime.format(CLOCK.get().get(), format);
    }
}
