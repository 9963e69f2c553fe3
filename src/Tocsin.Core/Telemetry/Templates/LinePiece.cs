namespace Tocsin.Telemetry;

/// <summary>What a piece of a line is to its template: a word that stays, a mark that holds words apart, or something that changes from line to line.</summary>
internal enum PieceKind
{
    Word,
    Mark,
    Number,
    Hex,
    Uuid,
    Address,
    Text,
    Time,
    Mail,
    Id,
}

/// <summary>One piece of a line.</summary>
/// <param name="IsGlued">No space stands before it.</param>
internal readonly ref struct LinePiece(ReadOnlySpan<char> text, PieceKind kind, bool isGlued)
{
    public ReadOnlySpan<char> Text { get; } = text;

    public PieceKind Kind { get; } = kind;

    public bool IsGlued { get; } = isGlued;
}

/// <summary>How pieces are written in a template: each is a text of its own, one that is glued begins with <see cref="Glue"/>.</summary>
internal static class TemplateToken
{
    public const char Glue = '\u0001';

    /// <summary>Stands between the tokens of a stored template; no piece holds it.</summary>
    public const char Separator = '\u001f';

    public const string Any = "<*>";

    public const string GluedAny = "\u0001<*>";

    private static readonly string[] _masks = ["", "", "<num>", "<hex>", "<uuid>", "<ip>", "<str>", "<time>", "<mail>", "<id>"];

    public static string Of(LinePiece piece) => (piece.Kind is PieceKind.Word or PieceKind.Mark, piece.IsGlued) switch
    {
        (true, true) => $"{Glue}{piece.Text}",
        (true, false) => piece.Text.ToString(),
        (false, true) => $"{Glue}{_masks[(int)piece.Kind]}",
        _ => _masks[(int)piece.Kind],
    };

    public static bool IsAny(string token) => token is Any or GluedAny;

    /// <summary>Whether it stands for something that changes. A piece never begins so, since marks are pieces by themselves.</summary>
    public static bool IsMask(string token)
    {
        var text = token.AsSpan().TrimStart(Glue);
        return text.Length > 2 && text[0] == '<';
    }

    public static bool IsMark(string token)
    {
        var text = token.AsSpan().TrimStart(Glue);
        return text.Length == 1 && !char.IsLetterOrDigit(text[0]);
    }

    /// <summary>The same place with anything in it.</summary>
    public static string Widened(string token) => token[0] == Glue ? GluedAny : Any;

    /// <summary>The template as people read it.</summary>
    public static string Text(IReadOnlyList<string> tokens)
    {
        var text = new System.Text.StringBuilder();
        foreach (var token in tokens)
        {
            if (token.Length > 0 && token[0] == Glue)
            {
                text.Append(token, 1, token.Length - 1);
            }
            else
            {
                text.Append(text.Length > 0 ? " " : "").Append(token);
            }
        }

        return text.ToString();
    }
}
