/** Named scenarios: what is measured, which figures are kept, and the page and the history that they write. */
package dev.convoke.bench.scenarios;
