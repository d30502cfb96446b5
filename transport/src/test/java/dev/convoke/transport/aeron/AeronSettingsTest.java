package dev.convoke.transport.aeron;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.transport.AeronContext;
import dev.convoke.transport.AeronContext.DriverMode;
import dev.convoke.transport.ExchangeContext;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AeronSettingsTest {
    @Test
    void shouldClampTheWindowWhenTheSystemGrantsLess() {
        final AeronContext context = new AeronContext();
        final SocketBuffers granted = SocketBuffers.clamped(context, 212_992, 212_992);
        assertEquals(212_992, granted.windowBytes());
        assertEquals(AeronContext.LOOPBACK_MTU_BYTES, granted.mtuBytes(context, true));
        assertEquals(AeronContext.NETWORK_MTU_BYTES, granted.mtuBytes(context, false));
        assertEquals(9_984, SocketBuffers.clamped(context, 10_000, 212_992).mtuBytes(context, true));
        final SocketBuffers plenty = SocketBuffers.clamped(context, 4 << 20, 4 << 20);
        assertEquals(context.receiverWindowBytes(), plenty.windowBytes());
        assertEquals(32 << 10, SocketBuffers.clamped(new AeronContext().termBytes(64 << 10), 1 << 20, 1 << 20)
            .windowBytes());
    }

    @Test
    void shouldKeepWithinTheGrantWhenProbingThisSystem() {
        final AeronContext context = new AeronContext();
        final SocketBuffers probed = SocketBuffers.probe(context);
        assertTrue(probed.windowBytes() > 0 && probed.windowBytes() <= probed.receiveBytes(), probed.toString());
        assertTrue(probed.receiveBytes() <= context.socketBufferBytes(), probed.toString());
    }

    @Test
    void shouldNameBothValuesWhenTheDatagramIsLongerThanGranted() {
        final AeronContext context = new AeronContext().mtuBytes(65504);
        final ConfigurationException error = assertThrows(ConfigurationException.class,
            () -> SocketBuffers.clamped(context, 30_000, 30_000).mtuBytes(context, true));
        assertTrue(error.getMessage().contains("65504") && error.getMessage().contains("29984"), error.getMessage());
    }

    @Test
    void shouldMapIpcAddressesToStreamsAlwaysInTheSameWay() {
        assertEquals(100, IpcChannels.streamOf("100"));
        assertEquals((1 << 30) - 1, IpcChannels.streamOf("1073741823"));
        assertTrue(IpcChannels.streamOf("1073741824") < 1 << 30);
        assertTrue(IpcChannels.streamOf("9999999999") >= 0);
        assertEquals(IpcChannels.streamOf("expert-host-1"), IpcChannels.streamOf("expert-host-1"));
        assertNotEquals(IpcChannels.streamOf("expert-host-1"), IpcChannels.streamOf("expert-host-2"));
        assertNotEquals(new IpcChannels("1", 1 << 16).requestStream(), new IpcChannels("1", 1 << 16).answerStream());
    }

    @Test
    void shouldSayHowMuchRoomIsMissingWhenSharedMemoryIsSmall(@TempDir final Path directory) {
        final AeronContext context = new AeronContext().termBytes(1 << 30);
        final ConvokeException error = assertThrows(ConvokeException.class,
            () -> DriverDirectory.requireSpace(directory.resolve("driver").toFile(), context, 1_000_000));
        assertTrue(error.getMessage().contains("6144000016 MiB"), error.getMessage());
        DriverDirectory.requireSpace(directory.resolve("driver").toFile(), new AeronContext().termBytes(1 << 16), 1);
    }

    @Test
    void shouldRejectSettingsThatContradictEachOther() {
        final ExchangeContext smallTerm = new ExchangeContext();
        smallTerm.aeron().termBytes(1 << 20);
        assertThrows(ConfigurationException.class, smallTerm::conclude);
        final ExchangeContext oddMtu = new ExchangeContext();
        oddMtu.aeron().mtuBytes(1500);
        assertThrows(ConfigurationException.class, oddMtu::conclude);
        final ExchangeContext nowhere = new ExchangeContext();
        nowhere.aeron().driverMode(DriverMode.EXTERNAL);
        assertThrows(ConfigurationException.class, nowhere::conclude);
    }
}
