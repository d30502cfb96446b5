package dev.convoke.tensorcuda;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the device tests without Maven and prints what they find, what fails, and one line, {@code device tests: N
 * passed, N failed, N skipped}; exits with 1 if one failed or none ran.
 */
public final class DeviceTestRun {
    private static final int STACK_LINES = 12;

    private DeviceTestRun() {
    }

    /** Takes names of further test classes; or {@code --probe}, which only says what device there is. */
    public static void main(final String[] arguments) {
        final String reason = new CudaBackend().unsupportedReason();
        System.out.println(reason.isEmpty() ? "device: " + new CudaBackend().description() : reason);
        if (List.of(arguments).contains("--probe")) {
            System.exit(reason.isEmpty() ? 0 : 1);
        }
        final LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(CudaBackendTest.class), selectClass(DeviceFfnTest.class))
            .selectors(Arrays.stream(arguments).map(DiscoverySelectors::selectClass).toList()).build();
        final SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        final TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out), STACK_LINES);
        System.out.println("device tests: " + summary.getTestsSucceededCount() + " passed, "
            + summary.getTestsFailedCount() + " failed, " + summary.getTestsAbortedCount() + " skipped");
        System.exit(summary.getTestsFailedCount() == 0 && summary.getTestsSucceededCount() > 0 ? 0 : 1);
    }
}
