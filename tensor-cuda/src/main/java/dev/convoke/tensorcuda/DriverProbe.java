package dev.convoke.tensorcuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * Asks the driver what it offers before anything else is loaded: JCuda's native library cannot even be linked where
 * there is no driver, and says so less clearly.
 *
 * @param unsupportedReason empty if there is a GPU the kernels run on, otherwise what is missing
 * @param name              of the GPU
 * @param driverVersion     newest CUDA version the driver knows: 1000 x major + 10 x minor
 * @param capability        compute capability of the GPU: 10 x major + minor
 * @param memoryBytes       of the GPU
 */
record DriverProbe(String unsupportedReason, String name, int driverVersion, int capability, long memoryBytes) {
    /** The library that an NVIDIA driver brings. */
    static final String LIBRARY = "libcuda.so.1";

    private static final int NO_DEVICE = 100;
    private static final int NAME_BYTES = 256;
    private static final int CAPABILITY_MAJOR = 75;
    private static final int CAPABILITY_MINOR = 76;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    /**
     * Looks at the first visible GPU.
     *
     * @param neededVersion    oldest CUDA version whose driver can load the kernels
     * @param neededCapability oldest compute capability there are kernels for
     */
    @SuppressWarnings("restricted")
    static DriverProbe of(final int neededVersion, final int neededCapability) {
        final String platform = platformReason(System.getProperty("os.name"), System.getProperty("os.arch"));
        if (!platform.isEmpty()) {
            return unsupported(platform);
        }
        try (Arena arena = Arena.ofConfined()) {
            final SymbolLookup driver = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
            return new Calls(driver, arena).probe(neededVersion, neededCapability);
        } catch (final IllegalArgumentException e) {
            return unsupported("no NVIDIA driver is installed here (" + LIBRARY + " was not found)");
        }
    }

    /** Empty on the one platform there are native libraries for. */
    static String platformReason(final String system, final String architecture) {
        return "Linux".equals(system) && "amd64".equals(architecture) ? ""
            : "it needs Linux on x86-64, and this is " + system + " on " + architecture;
    }

    private static DriverProbe unsupported(final String reason) {
        return new DriverProbe(reason, "", 0, 0, 0);
    }

    /** {@code 12060} as {@code 12.6}. */
    static String versionText(final int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    /** {@code 90} as {@code 9.0}. */
    static String capabilityText(final int capability) {
        return capability / 10 + "." + capability % 10;
    }

    /** What distinguishes the GPU, for the log. */
    String description() {
        return String.format(Locale.ROOT, "%s, compute capability %s, %.0f GB, driver for CUDA %s", name,
            capabilityText(capability), memoryBytes / 1e9, versionText(driverVersion));
    }

    /** The few functions needed, called directly. */
    private record Calls(SymbolLookup driver, Arena arena) {
        DriverProbe probe(final int neededVersion, final int neededCapability) {
            final int version = out("cuDriverGetVersion");
            if (version < neededVersion) {
                return unsupported("the NVIDIA driver knows CUDA up to " + versionText(version)
                    + " and the kernels need " + versionText(neededVersion) + "; update the driver");
            }
            final int initialised = call("cuInit", INT.withName("flags"), 0);
            if (initialised == NO_DEVICE) {
                return unsupported("the NVIDIA driver sees no GPU");
            }
            if (initialised != 0) {
                return unsupported("the NVIDIA driver does not start (cuInit gives error " + initialised + ")");
            }
            if (out("cuDeviceGetCount") == 0) {
                return unsupported("the NVIDIA driver sees no GPU");
            }
            return device(version, neededCapability);
        }

        private DriverProbe device(final int version, final int neededCapability) {
            final MemorySegment text = arena.allocate(NAME_BYTES);
            call("cuDeviceGetName", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT, INT), text, NAME_BYTES, 0);
            final MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            call("cuDeviceTotalMem_v2", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT), bytes, 0);
            final int capability = 10 * attribute(CAPABILITY_MAJOR) + attribute(CAPABILITY_MINOR);
            final String gpu = text.getString(0);
            final String reason = capability >= neededCapability ? "" : "the GPU (" + gpu + ") has compute capability "
                + capabilityText(capability) + " and the kernels need " + capabilityText(neededCapability);
            return new DriverProbe(reason, gpu, version, capability, bytes.get(ValueLayout.JAVA_LONG, 0));
        }

        private int attribute(final int which) {
            final MemorySegment value = arena.allocate(INT);
            call("cuDeviceGetAttribute", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT, INT), value, which, 0);
            return value.get(INT, 0);
        }

        private int out(final String function) {
            final MemorySegment value = arena.allocate(INT);
            call(function, ValueLayout.ADDRESS, value);
            return value.get(INT, 0);
        }

        private int call(final String function, final ValueLayout layout, final Object argument) {
            return call(function, FunctionDescriptor.of(INT, layout), argument);
        }

        @SuppressWarnings("restricted")
        private int call(final String function, final FunctionDescriptor descriptor, final Object... arguments) {
            try {
                return (int)Linker.nativeLinker().downcallHandle(driver.findOrThrow(function), descriptor)
                    .invokeWithArguments(arguments);
            } catch (final RuntimeException | Error e) {
                throw e;
            } catch (final Throwable e) {
                throw new IllegalStateException(function, e);
            }
        }
    }
}
