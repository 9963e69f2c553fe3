namespace Tocsin.Cli;

/// <summary>Ends a verb with a message for the person who typed it.</summary>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
/// <param name="message">What is wrong.</param>
/// <param name="hint">What to do about it.</param>
internal sealed class CliException(int exitCode, string message, string? hint = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public string? Hint { get; } = hint;
}
