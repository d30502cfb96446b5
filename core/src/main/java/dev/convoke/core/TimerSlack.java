package dev.convoke.core;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * How late Linux may end parks so as to end several at once: 50 microseconds, unless a thread asks for less
 * ({@code prctl(2)}, {@code PR_SET_TIMERSLACK}).
 */
public final class TimerSlack {
    private static final int PR_SET_TIMERSLACK = 29;
    private static final long LEAST_NS = 1;

    private TimerSlack() {
    }

    /** Asks for the least for the calling thread, where there is something to ask; returns whether it was granted. */
    public static boolean minimise() {
        final Optional<MethodHandle> prctl = CLibrary.function("prctl", FunctionDescriptor.of(ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG), Linker.Option.firstVariadicArg(1));
        try {
            return prctl.isPresent() && (int)prctl.get().invokeExact(PR_SET_TIMERSLACK, LEAST_NS) == 0;
        } catch (final Throwable e) {
            return false;
        }
    }
}
