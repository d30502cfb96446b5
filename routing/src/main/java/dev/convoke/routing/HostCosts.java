package dev.convoke.routing;

/**
 * What computing takes at each host, in nanoseconds, as far as it is known. An expert costs at least the reading of its
 * weights, and from some number of rows on, the ridge, it costs by the row.
 */
public final class HostCosts {
    private final double[] startNs;
    private final double[] expertNs;
    private final double[] rowNs;

    /** All alike and free until set. */
    public HostCosts(final int hosts) {
        startNs = new double[hosts];
        expertNs = new double[hosts];
        rowNs = new double[hosts];
    }

    /**
     * Sets what is known of a host.
     *
     * @param beforeNs  from sending until it begins: network, queue, work under way
     * @param anExpert  for each expert, however few its rows
     * @param anExpertsRow for each row where there are many
     */
    public void set(final int host, final double beforeNs, final double anExpert, final double anExpertsRow) {
        startNs[host] = beforeNs;
        expertNs[host] = anExpert;
        rowNs[host] = anExpertsRow;
    }

    /** Hosts of the deployment. */
    public int hosts() {
        return startNs.length;
    }

    /** When the host begins. */
    public double startNs(final int host) {
        return startNs[host];
    }

    /** What so many rows of one expert take. */
    public double expertNs(final int host, final int rows) {
        return rows == 0 ? 0 : Math.max(expertNs[host], rows * rowNs[host]);
    }

    /** Rows from which on an expert costs by the row. */
    public double ridgeRows(final int host) {
        return rowNs[host] > 0 ? expertNs[host] / rowNs[host] : Double.POSITIVE_INFINITY;
    }
}
