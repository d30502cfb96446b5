package dev.convoke.transport;

import dev.convoke.core.Context;
import java.util.concurrent.TimeUnit;

/**
 * Settings of the exchanges over Aeron. The defaults suit rows of 4 KiB to 64 KiB that are answered within
 * milliseconds; the owner is an {@link ExchangeContext}, which concludes them.
 */
public final class AeronContext extends Context {
    /** Chosen for loopback, where one datagram may carry 64 KiB; also the most that UDP can carry. */
    public static final int LOOPBACK_MTU_BYTES = 65504;
    /** Fits an Ethernet frame of 1500 bytes. */
    public static final int NETWORK_MTU_BYTES = 1408;
    private static final int MTU_STEP_BYTES = 32;

    /** Who runs the media driver. */
    public enum DriverMode {
        /** UDP: {@link #EMBEDDED}. IPC: a process that connects runs the driver, a process that only binds attaches. */
        AUTO,
        /** This process. */
        EMBEDDED,
        /** Another process, at {@link AeronContext#directory()}; ports wait for it and find it again. */
        EXTERNAL
    }

    private DriverMode driverMode = DriverMode.AUTO;
    private String directory = "";
    private int mtuBytes;
    private int termBytes = 4 << 20;
    private int socketBufferBytes = 4 << 20;
    private int receiverWindowBytes = 2 << 20;
    private int maxSessions = 1024;
    private long imageLivenessNs = TimeUnit.SECONDS.toNanos(3);
    private long connectionTimeoutNs = TimeUnit.SECONDS.toNanos(3);
    private long clientLivenessNs = TimeUnit.SECONDS.toNanos(20);
    private long driverTimeoutNs = TimeUnit.SECONDS.toNanos(5);
    private long reconnectIntervalNs = TimeUnit.MILLISECONDS.toNanos(100);
    private long driverActiveWindowNs = TimeUnit.MILLISECONDS.toNanos(2);
    private long driverParkNs = TimeUnit.MICROSECONDS.toNanos(250);
    private long driverIdleParkNs = TimeUnit.MILLISECONDS.toNanos(4);

    @Override
    protected void validate() {
        require(mtuBytes == 0 || mtuBytes >= MTU_STEP_BYTES * 2 && mtuBytes <= LOOPBACK_MTU_BYTES
            && mtuBytes % MTU_STEP_BYTES == 0,
            "aeron.mtu-bytes is " + mtuBytes + "; choose 0 (automatic) or a multiple of 32 up to 65504.");
        require(termBytes >= 1 << 16 && termBytes <= 1 << 30 && Integer.bitCount(termBytes) == 1,
            "aeron.term-bytes is " + termBytes + "; choose a power of two from 65536 to 1073741824.");
        require(socketBufferBytes >= NETWORK_MTU_BYTES && receiverWindowBytes >= NETWORK_MTU_BYTES,
            "aeron.socket-buffer-bytes is " + socketBufferBytes + " and aeron.receiver-window-bytes "
                + receiverWindowBytes + "; each must hold at least one datagram of " + NETWORK_MTU_BYTES + ".");
        require(maxSessions >= 1, "aeron.max-sessions is " + maxSessions + "; choose at least 1.");
        requireTimeout("aeron.image-liveness", imageLivenessNs);
        requireTimeout("aeron.connection-timeout", connectionTimeoutNs);
        requireTimeout("aeron.client-liveness", clientLivenessNs);
        requireTimeout("aeron.driver-timeout", driverTimeoutNs);
        require(reconnectIntervalNs > 0, "aeron.reconnect-interval must be above 0.");
        require(driverActiveWindowNs >= 0, "aeron.driver-active-window must not be negative.");
        require(driverParkNs > 0 && driverIdleParkNs >= driverParkNs, "aeron.driver-park is " + driverParkNs
            + " ns and aeron.driver-idle-park " + driverIdleParkNs + " ns; the first must be above 0 and not longer.");
        require(driverMode != DriverMode.EXTERNAL || !directory.isEmpty(),
            "aeron.driver is external but aeron.directory is not set; name the directory of that driver.");
    }

    private static void requireTimeout(final String name, final long valueNs) {
        require(valueNs >= TimeUnit.MILLISECONDS.toNanos(500),
            name + " is " + TimeUnit.NANOSECONDS.toMillis(valueNs) + " ms; choose at least 500 ms.");
    }

    /** Who runs the media driver. */
    public AeronContext driverMode(final DriverMode mode) {
        checkMutable();
        driverMode = mode;
        return this;
    }

    /** Who runs the media driver. */
    public DriverMode driverMode() {
        return driverMode;
    }

    /**
     * Where driver and clients share memory. Empty: for UDP a new directory of this process; for IPC one of the user,
     * the same in every process. In {@code /dev/shm} where that exists, else among the temporary files.
     */
    public AeronContext directory(final String path) {
        checkMutable();
        directory = path;
        return this;
    }

    /** Where driver and clients share memory, or empty. */
    public String directory() {
        return directory;
    }

    /** Longest UDP datagram; 0 takes 65504 on loopback and 1408 elsewhere. Networks with jumbo frames stand 8192. */
    public AeronContext mtuBytes(final int bytes) {
        checkMutable();
        mtuBytes = bytes;
        return this;
    }

    /** Longest UDP datagram, or 0. */
    public int mtuBytes() {
        return mtuBytes;
    }

    /** One of the three terms of each stream's log; memory for each pair of peers is six terms for each driver. */
    public AeronContext termBytes(final int bytes) {
        checkMutable();
        termBytes = bytes;
        return this;
    }

    /** One of the three terms of each stream's log. */
    public int termBytes() {
        return termBytes;
    }

    /** Send and receive buffer of each socket; less where the operating system grants less. */
    public AeronContext socketBufferBytes(final int bytes) {
        checkMutable();
        socketBufferBytes = bytes;
        return this;
    }

    /** Send and receive buffer of each socket. */
    public int socketBufferBytes() {
        return socketBufferBytes;
    }

    /** Bytes in flight to one receiver; at most what the socket buffer was granted and half a term. */
    public AeronContext receiverWindowBytes(final int bytes) {
        checkMutable();
        receiverWindowBytes = bytes;
        return this;
    }

    /** Bytes in flight to one receiver. */
    public int receiverWindowBytes() {
        return receiverWindowBytes;
    }

    /** Decoders that a host's embedded driver admits to one stream at the same time. */
    public AeronContext maxSessions(final int count) {
        checkMutable();
        maxSessions = count;
        return this;
    }

    /** Decoders that a host's embedded driver admits to one stream at the same time. */
    public int maxSessions() {
        return maxSessions;
    }

    /** UDP: how long a silent sender is thought alive. */
    public AeronContext imageLivenessNs(final long durationNs) {
        checkMutable();
        imageLivenessNs = durationNs;
        return this;
    }

    /** UDP: how long a silent sender is thought alive. */
    public long imageLivenessNs() {
        return imageLivenessNs;
    }

    /** UDP: how long a silent receiver is thought alive. */
    public AeronContext connectionTimeoutNs(final long durationNs) {
        checkMutable();
        connectionTimeoutNs = durationNs;
        return this;
    }

    /** UDP: how long a silent receiver is thought alive. */
    public long connectionTimeoutNs() {
        return connectionTimeoutNs;
    }

    /**
     * How long a port may go without being polled before the driver forgets it; longer than the longest computation
     * between polls. A killed IPC peer is noticed after as long.
     */
    public AeronContext clientLivenessNs(final long durationNs) {
        checkMutable();
        clientLivenessNs = durationNs;
        return this;
    }

    /** How long a port may go without being polled before the driver forgets it. */
    public long clientLivenessNs() {
        return clientLivenessNs;
    }

    /** How long a silent media driver is thought alive. */
    public AeronContext driverTimeoutNs(final long durationNs) {
        checkMutable();
        driverTimeoutNs = durationNs;
        return this;
    }

    /** How long a silent media driver is thought alive. */
    public long driverTimeoutNs() {
        return driverTimeoutNs;
    }

    /** Pause between attempts to reach a driver or a peer. */
    public AeronContext reconnectIntervalNs(final long durationNs) {
        checkMutable();
        reconnectIntervalNs = durationNs;
        return this;
    }

    /** Pause between attempts to reach a driver or a peer. */
    public long reconnectIntervalNs() {
        return reconnectIntervalNs;
    }

    /**
     * How long the embedded driver yields after traffic before it parks. Over UDP every frame is traffic; in shared
     * memory only making room is, so small frames do not keep it awake.
     */
    public AeronContext driverActiveWindowNs(final long durationNs) {
        checkMutable();
        driverActiveWindowNs = durationNs;
        return this;
    }

    /** How long the embedded driver yields after traffic before it parks. */
    public long driverActiveWindowNs() {
        return driverActiveWindowNs;
    }

    /** How long the embedded driver parks at a time between bursts of traffic. */
    public AeronContext driverParkNs(final long durationNs) {
        checkMutable();
        driverParkNs = durationNs;
        return this;
    }

    /** How long the embedded driver parks at a time between bursts of traffic. */
    public long driverParkNs() {
        return driverParkNs;
    }

    /** How long it parks at a time after a second without traffic: the most it adds to the first frame afterwards. */
    public AeronContext driverIdleParkNs(final long durationNs) {
        checkMutable();
        driverIdleParkNs = durationNs;
        return this;
    }

    /** How long it parks at a time after a second without traffic. */
    public long driverIdleParkNs() {
        return driverIdleParkNs;
    }
}
