using System.Text;

namespace Tocsin.Estate;

internal enum EstateGravity
{
    Error,
    Warning,
}

/// <summary>One thing that is wrong, or worth a look, in an estate.</summary>
/// <param name="Path">The way to it: <c>users[0].contact[1].url</c> in a file, <c>user ana: contact[1].url</c> for a stored object.</param>
/// <param name="Value">What is at fault, as it was written; null when something is missing or the value is secret.</param>
/// <param name="Text">One line without a full stop, in the words of the file; never a secret, never a filled-in reference.</param>
/// <param name="Nearest">The known key or name that was probably meant.</param>
internal sealed record EstateFault(EstateGravity Gravity, Mark Mark, string Path, string? Value, string Text, string? Nearest = null)
{
    public static EstateFault Error(Mark mark, string path, string text, string? value = null, string? nearest = null) =>
        new(EstateGravity.Error, mark, path, value, text, nearest);

    public static EstateFault Warning(Mark mark, string path, string text, string? value = null) =>
        new(EstateGravity.Warning, mark, path, value, text);

    /// <summary>What is wrong with the probable remedy, without the place.</summary>
    public string Message => Nearest is null ? Text : $"{Text} (did you mean \"{Nearest}\"?)";

    /// <summary>As a compiler says it: <c>payments.yaml:12:9: error: unknown policy "paymnets" (did you mean "payments"?)</c>.</summary>
    public override string ToString()
    {
        var place = new StringBuilder();
        if (Mark.File.Length > 0)
        {
            place.Append(Mark.File);
            if (Mark.Line > 0)
            {
                place.Append(':').Append(Mark.Line).Append(':').Append(Mark.Column);
            }

            place.Append(": ");
        }
        else if (Path.Length > 0)
        {
            place.Append(Path).Append(": ");
        }

        return $"{place}{(Gravity == EstateGravity.Error ? "error" : "warning")}: {Message}";
    }
}
