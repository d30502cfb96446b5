package dev.convoke.core;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** Functions of the C library that the JVM runs on. */
public final class CLibrary {
    private static final Linker LINKER = Linker.nativeLinker();

    private CLibrary() {
    }

    /** A function of that name, to be called as described; none where the library has no such function. */
    @SuppressWarnings("restricted")
    public static Optional<MethodHandle> function(final String name, final FunctionDescriptor descriptor,
        final Linker.Option... options) {
        return LINKER.defaultLookup().find(name)
            .map(address -> LINKER.downcallHandle(address, descriptor, options));
    }
}
