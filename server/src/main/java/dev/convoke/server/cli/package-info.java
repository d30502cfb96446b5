/** The command line: reads settings from flags and files, puts the other packages together and runs the roles. */
package dev.convoke.server.cli;
