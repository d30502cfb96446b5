package dev.convoke.core;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Which threads Linux runs first where processors are scarce ({@code nice(2)}): one that has lowered itself runs
 * when others leave it room. What Java calls priorities, Linux passes over unless told otherwise.
 */
public final class ThreadPriority {
    /**
     * A tenth of the weight of others. With less still, a thread that has to be waited for, because memory is to be
     * tidied up, would be waited for too long.
     */
    private static final int STEPS = 10;
    private static final int FAILED = -1;

    private ThreadPriority() {
    }

    /** Lowers the calling thread, for good, where threads can be; returns whether it was. */
    public static boolean lower() {
        // Elsewhere it is about processes, of which this one is to stay as it is.
        if (!"Linux".equals(System.getProperty("os.name"))) {
            return false;
        }
        final Optional<MethodHandle> nice =
            CLibrary.function("nice", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            return nice.isPresent() && (int)nice.get().invokeExact(STEPS) != FAILED;
        } catch (final Throwable e) {
            return false;
        }
    }
}
