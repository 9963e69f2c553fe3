using System.ComponentModel;
using System.Diagnostics;
using Npgsql;
using Tocsin.Cli;
using Tocsin.Data;

namespace Tocsin.Backup;

/// <summary>PostgreSQL's own programs, which know each of its versions. Passwords travel in their environment, never in their arguments.</summary>
internal static class PostgresTools
{
    public static Task DumpAsync(string database, string file, CancellationToken ct) =>
        RunAsync("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", $"--file={file}"], database, ct);

    public static Task RestoreAsync(string database, string file, bool replace, CancellationToken ct)
    {
        string[] clean = replace ? ["--clean", "--if-exists"] : [];
        return RunAsync(
            "pg_restore",
            [.. clean, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", $"--dbname={Builder(database).Database}", file],
            database,
            ct);
    }

    private static NpgsqlConnectionStringBuilder Builder(string database) => PostgresDatabase.ConnectionString(database);

    private static async Task RunAsync(string program, IReadOnlyList<string> arguments, string database, CancellationToken ct)
    {
        var builder = Builder(database);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false };
        Give(start, "PGHOST", builder.Host);
        Give(start, "PGPORT", $"{builder.Port}");
        Give(start, "PGUSER", builder.Username);
        Give(start, "PGPASSWORD", builder.Password);
        Give(start, "PGDATABASE", builder.Database);
        if (builder.SslMode != SslMode.Prefer)
        {
            Give(start, "PGSSLMODE", Word(builder.SslMode));
        }

        using var process = Start(start);
        var errors = await process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
        {
            throw new CliException(ExitCode.CheckFailed, $"{program} failed: {errors.Trim()}");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new CliException(
                ExitCode.CheckFailed, $"{start.FileName} is not installed", "install PostgreSQL's client programs, of the server's version or newer (Debian: postgresql-client)");
        }
    }

    private static void Give(ProcessStartInfo start, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            start.Environment[name] = value;
        }
    }

    private static string Word(SslMode mode) => mode switch
    {
        SslMode.VerifyCA => "verify-ca",
        SslMode.VerifyFull => "verify-full",
        _ => mode.ToString().ToLowerInvariant(),
    };
}
