using System.Text;

namespace Tocsin.Estate;

/// <summary>Where <c>${env:X}</c> and <c>${file:/path}</c> get their values from.</summary>
/// <param name="Env">The value of a variable; null or empty: not set.</param>
/// <param name="File">The text of a file, or why it cannot be read. Line ends at its end do not belong to the value.</param>
internal sealed record EstateResolver(Func<string, string?> Env, Func<string, Result<string>> File)
{
    private const int MaxFileBytes = 64 * 1024;

    private const string NotHere = "references read the server's own environment and files, which this workspace may not; write the value itself";

    /// <summary>The environment and the file system of this process; for estates that the operator wrote.</summary>
    public static EstateResolver Process { get; } = new(Environment.GetEnvironmentVariable, ReadFile);

    /// <summary>Fills in nothing but defaults; for people who could not read the server's environment and files otherwise.</summary>
    public static EstateResolver None { get; } = new(_ => null, _ => Error.Invalid("file", NotHere)) { Refusal = NotHere };

    /// <summary>Why no variable is known; null: it may be.</summary>
    public string? Refusal { get; init; }

    /// <summary>Knows these variables, and no files.</summary>
    public static EstateResolver From(IReadOnlyDictionary<string, string> variables) =>
        new(variables.GetValueOrDefault, path => Error.Invalid("file", $"{path} is not there"));

    private static Result<string> ReadFile(string path)
    {
        try
        {
            using var stream = System.IO.File.OpenRead(path);
            var bytes = new byte[MaxFileBytes + 1];
            var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return read > MaxFileBytes
                ? Error.Invalid("file", $"{path} has more than {MaxFileBytes / 1024} KiB")
                : Encoding.UTF8.GetString(bytes, 0, read).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Error.Invalid("file", e is FileNotFoundException or DirectoryNotFoundException ? $"{path} is not there" : $"{path} cannot be read");
        }
    }
}

/// <summary>
/// References inside a text: <c>${env:X}</c>, <c>${env:X:-default}</c> and <c>${file:/path}</c>, anywhere, several in one text.
/// <c>$${</c> stands for a plain <c>${</c>. A default ends at the first closing brace.
/// </summary>
internal static class EstateReferences
{
    private const string Opening = "${";

    public static bool Any(string text) => text.Contains(Opening, StringComparison.Ordinal);

    /// <summary>Fills in all references of a text.</summary>
    /// <returns>The filled text, or what is wrong with the first reference that cannot be filled; never a value.</returns>
    public static Result<string> Fill(string text, EstateResolver resolver)
    {
        var filled = new StringBuilder();
        foreach (var part in Split(text))
        {
            if (part.Plain is { } plain)
            {
                filled.Append(plain);
                continue;
            }

            var value = part.Reference is { } reference
                ? FillOne(reference, resolver)
                : Error.Invalid("reference", "a reference is not closed: \"}\" is missing; write $${ for a plain ${");
            if (!value.Ok)
            {
                return value;
            }

            filled.Append(value.Value);
        }

        return filled.ToString();
    }

    /// <summary>The text with each default taken out, for places where it must not be seen: <c>${env:X:-…}</c>.</summary>
    public static string WithoutDefaults(string text) => string.Concat(Split(text).Select(part => part switch
    {
        { Plain: { } plain } => plain.Replace(Opening, "$${", StringComparison.Ordinal),
        { Reference: { } r } when DefaultOf(r) is { } at and >= 0 => $"${{{r[..at]}:-…}}",
        { Reference: { } r } => $"${{{r}}}",
        _ => "",
    }));

    /// <summary>Whether the text is references and nothing else, so that it shows no secret but perhaps a default.</summary>
    public static bool Only(string text) => text.Length > 0 && Split(text).All(part => part.Reference is not null);

    private static Result<string> FillOne(string reference, EstateResolver resolver)
    {
        var colon = reference.IndexOf(':', StringComparison.Ordinal);
        var (kind, rest) = colon < 0 ? (reference, "") : (reference[..colon], reference[(colon + 1)..]);
        switch (kind)
        {
            case "env":
                var at = rest.IndexOf(":-", StringComparison.Ordinal);
                var name = at < 0 ? rest : rest[..at];
                if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_'))
                {
                    return Error.Invalid("env", $"\"{name}\" is no name of an environment variable");
                }

                return resolver.Env(name) is { Length: > 0 } value ? value
                    : at >= 0 ? rest[(at + 2)..]
                    : Error.Invalid("env", resolver.Refusal ?? $"the environment variable {name} is not set; set it, or write ${{env:{name}:-text}} for a default");
            case "file":
                return rest.StartsWith('/') ? resolver.File(rest) : Error.Invalid("file", $"\"{rest}\" is not an absolute path");
            default:
                return Error.Invalid("reference", $"\"${{{kind}\" starts no known reference: write ${{env:NAME}}, ${{env:NAME:-default}} or ${{file:/path}}, or $${{ for a plain ${{");
        }
    }

    /// <summary>Where the default of <c>env:X:-default</c> begins, at its colon; -1: it has none.</summary>
    private static int DefaultOf(string reference) =>
        reference.StartsWith("env:", StringComparison.Ordinal) ? reference.IndexOf(":-", 4, StringComparison.Ordinal) : -1;

    private static IEnumerable<Part> Split(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf(Opening, at, StringComparison.Ordinal);
            if (open < 0)
            {
                yield return new(text[at..], null);
                yield break;
            }

            if (open > at && text[open - 1] == '$')
            {
                yield return new(text[at..(open - 1)] + Opening, null);
                at = open + Opening.Length;
                continue;
            }

            if (open > at)
            {
                yield return new(text[at..open], null);
            }

            var close = text.IndexOf('}', open);
            yield return close < 0 ? default : new(null, text[(open + 2)..close]);
            at = close < 0 ? text.Length : close + 1;
        }
    }

    /// <summary>Either of the two; neither: a reference that is never closed.</summary>
    private readonly record struct Part(string? Plain, string? Reference);
}
