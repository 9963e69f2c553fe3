using System.Text;

namespace Tocsin.Cli;

/// <summary>Everything that a verb may see of the world around it, so that a test can be that world.</summary>
internal sealed record Terminal
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    /// <summary>The outputs as bytes, for what other programs print.</summary>
    public Func<Stream> OpenOut { get; init; } = () => Stream.Null;

    public Func<Stream> OpenError { get; init; } = () => Stream.Null;

    /// <summary>A person sits there and can be asked.</summary>
    public bool Interactive { get; init; }

    /// <summary>Whether escape sequences for colour may be written.</summary>
    public bool Colour { get; init; }

    /// <summary>Columns of the screen; null when the output is not a screen, and nothing is shortened.</summary>
    public int? Width { get; init; }

    public required Func<string, string?> Environment { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public static Terminal OfProcess()
    {
        // Glyphs are not ASCII, and a C locale would turn them into question marks.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var screen = !Console.IsOutputRedirected;
        return new()
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            OpenOut = Console.OpenStandardOutput,
            OpenError = Console.OpenStandardError,
            Interactive = screen && !Console.IsInputRedirected,
            Colour = screen && System.Environment.GetEnvironmentVariable("NO_COLOR") is null or ""
                && System.Environment.GetEnvironmentVariable("TERM") != "dumb",
            Width = screen && Console.WindowWidth > 0 ? Console.WindowWidth : null,
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }

    public DateTimeOffset Now => Time.GetUtcNow();
}
