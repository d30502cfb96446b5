package dev.convoke.tensorcuda;

import java.util.EnumMap;
import java.util.Map;
import java.util.logging.Logger;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * The GPU of this process: its context, the kernels, and where memory, streams and events come from. Opened once, by
 * whoever needs it first, and kept to the end. All threads may use it once they have {@link #enter}ed it.
 */
final class Device {
    /** Threads of a block of every kernel that goes along rows. */
    static final int ROW_BLOCK = 256;

    private static final int LAUNCH_INTS = 8;
    private static final int ABI_VERSION = 1;

    private final ThreadLocal<Boolean> entered = new ThreadLocal<>();
    private final CUmodule module = new CUmodule();
    private final long context;
    private final int multiprocessors;
    private final int capability;
    private final int gridBlocks;
    private final int maxGroups;
    private final PinnedRanges pinned = new PinnedRanges();
    private final Sharing.Batches batches = new Sharing.Batches();

    /** Products of rows sorted by group, and whole experts, by the format of the weights. */
    private final Map<WeightFormat, Kernel> grouped = new EnumMap<>(WeightFormat.class);
    final Kernel pack;
    final Kernel rmsNorm;
    final Kernel gatedSilu;
    final Kernel rotate;
    final Kernel round;
    final Kernel combine;
    final Kernel add;
    final Kernel attend;

    private Device() {
        JCudaDriver.setExceptionsEnabled(true);
        JCudaDriver.cuInit(0);
        final CUdevice gpu = new CUdevice();
        JCudaDriver.cuDeviceGet(gpu, 0);
        final CUcontext primary = new CUcontext();
        JCudaDriver.cuDevicePrimaryCtxRetain(primary, gpu);
        JCudaDriver.cuCtxSetCurrent(primary);
        context = Handle.of(primary);
        multiprocessors = attribute(gpu, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        capability = 10 * attribute(gpu, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(gpu, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        JCudaDriver.cuModuleLoadData(module, KernelImage.read());
        final int[] launch = launchOfGrouped();
        if (launch[0] != ABI_VERSION) {
            throw new DeviceException("The CUDA kernels speak version " + launch[0] + " of the launch contract, and "
                + ABI_VERSION + " is known; build them anew from the same sources.");
        }
        // Blocks come in clusters of that many on some chips.
        final int cluster = Math.max(1, launch[6]);
        gridBlocks = launch[3] * multiprocessors / cluster * cluster;
        maxGroups = launch[5];
        for (final WeightFormat format : WeightFormat.values()) {
            grouped.put(format, kernel(format.kernel(), 16, launch[1], launch[2]));
        }
        pack = kernel("convoke_pack", 9, ROW_BLOCK, 0);
        rmsNorm = kernel("convoke_rms_norm", 8, ROW_BLOCK, 0);
        gatedSilu = kernel("convoke_gated_silu", 6, ROW_BLOCK, 0);
        rotate = kernel("convoke_rotate", 11, ROW_BLOCK, 0);
        round = kernel("convoke_round", 7, ROW_BLOCK, 0);
        combine = kernel("convoke_combine", 7, ROW_BLOCK, 0);
        add = kernel("convoke_add", 5, ROW_BLOCK, 0);
        attend = kernel("convoke_attend", 16, ROW_BLOCK, 0);
    }

    /** Opened when first asked for. */
    private static final class Holder {
        private static final Device DEVICE = open();

        private static Device open() {
            try {
                return new Device();
            } catch (final CudaException | UnsatisfiedLinkError e) {
                Logger.getLogger(Device.class.getName()).fine(e::toString);
                throw new DeviceException("The GPU cannot be used: " + e.getMessage() + ".");
            }
        }
    }

    /** The one device of the process, entered by the calling thread. */
    static Device get() {
        Holder.DEVICE.enter();
        return Holder.DEVICE;
    }

    /** Has the calling thread's calls go to this device; cheap when they do. */
    void enter() {
        if (entered.get() == null) {
            DriverCalls.use(context);
            entered.set(Boolean.TRUE);
        }
    }

    private static int attribute(final CUdevice gpu, final int which) {
        final int[] value = new int[1];
        JCudaDriver.cuDeviceGetAttribute(value, which, gpu);
        return value[0];
    }

    /** ABI version, threads, shared bytes, blocks for each multiprocessor, row tile, most groups, cluster. */
    private int[] launchOfGrouped() {
        final CUdeviceptr address = new CUdeviceptr();
        final long[] bytes = new long[1];
        JCudaDriver.cuModuleGetGlobal(address, bytes, module, "convoke_launch");
        final int[] launch = new int[LAUNCH_INTS];
        JCudaDriver.cuMemcpyDtoH(Pointer.to(launch), address, (long)LAUNCH_INTS * Integer.BYTES);
        return launch;
    }

    private Kernel kernel(final String name, final int parameters, final int block, final int sharedBytes) {
        final CUfunction function = new CUfunction();
        JCudaDriver.cuModuleGetFunction(function, module, name);
        if (sharedBytes > 0) {
            JCudaDriver.cuFuncSetAttribute(function,
                CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes);
        }
        return new Kernel(name, parameters, Handle.of(function), block, sharedBytes);
    }

    /** Products with weights of a format. */
    Kernel grouped(final WeightFormat format) {
        return grouped.get(format);
    }

    /** 10 x major + minor. */
    int capability() {
        return capability;
    }

    /** Blocks that fill the GPU with a grouped kernel. */
    int gridBlocks() {
        return gridBlocks;
    }

    /** Multiprocessors. */
    int multiprocessors() {
        return multiprocessors;
    }

    /** Most groups of one launch. */
    int maxGroups() {
        return maxGroups;
    }

    /** Memory of the machine that kernels reach. */
    PinnedRanges pinned() {
        return pinned;
    }

    /** The batches of this process. */
    Sharing.Batches batches() {
        return batches;
    }

    /** Bytes that are free, of all of the GPU's. */
    long freeBytes() {
        final long[] free = new long[1];
        final long[] total = new long[1];
        JCudaDriver.cuMemGetInfo(free, total);
        return free[0];
    }

    /** Memory of the GPU, of unknown content; 0 if there is not enough. */
    long allocate(final long bytes) {
        final CUdeviceptr address = new CUdeviceptr();
        try {
            JCudaDriver.cuMemAlloc(address, bytes);
        } catch (final CudaException e) {
            if (freeBytes() < bytes) {
                return 0;
            }
            throw e;
        }
        return Handle.of(address);
    }

    /** The same for rows, which must find room. */
    long allocateForRows(final long bytes) {
        final long address = allocate(bytes);
        if (address == 0) {
            throw new DeviceException("The GPU has no " + bytes + " bytes of memory left for rows; lower "
                + "--device-memory.");
        }
        return address;
    }

    /** Gives back what {@link #allocate} gave, once no kernel uses it. */
    void free(final long address) {
        enter();
        JCudaDriver.cuMemFree(new CUdeviceptr().withByteOffset(address));
    }

    /** Memory of the machine that stays where it is and that kernels reach at the same address. */
    long allocatePinned(final long bytes) {
        final Pointer address = new Pointer();
        try {
            JCudaDriver.cuMemHostAlloc(address, bytes,
                JCudaDriver.CU_MEMHOSTALLOC_PORTABLE | JCudaDriver.CU_MEMHOSTALLOC_DEVICEMAP);
        } catch (final CudaException e) {
            throw new DeviceException("The machine has not " + bytes + " bytes of memory that a GPU could reach ("
                + CUresult.stringFor(CUresult.CUDA_ERROR_OUT_OF_MEMORY) + "); free some, or hold fewer experts here.");
        }
        return Handle.of(address);
    }

    /** Gives back what {@link #allocatePinned} gave. */
    void freePinned(final long address) {
        enter();
        JCudaDriver.cuMemFreeHost(new PinnedPointer(address));
    }

    /** A queue of its own. */
    long newStream() {
        final CUstream stream = new CUstream();
        JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
        return Handle.of(stream);
    }

    /** A mark for streams, without a time. */
    long newEvent() {
        return newEvent(CUevent_flags.CU_EVENT_DISABLE_TIMING);
    }

    /** A mark that keeps the time. */
    long newTimedEvent() {
        return newEvent(CUevent_flags.CU_EVENT_DEFAULT);
    }

    private static long newEvent(final int flags) {
        final CUevent event = new CUevent();
        JCudaDriver.cuEventCreate(event, flags);
        return Handle.of(event);
    }

    /** An address as JCuda takes it. */
    private static final class PinnedPointer extends Pointer {
        PinnedPointer(final long address) {
            super(address);
        }
    }
}
