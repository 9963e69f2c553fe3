using System.Text;
using Tocsin.Data;

namespace Tocsin.Audit;

/// <summary>Which entries are wanted; null wants all. Actor, action, subject and address are whole, or begin with what stands before a final <c>*</c>.</summary>
/// <param name="Since">No older than this.</param>
/// <param name="Until">Older than this.</param>
/// <param name="Words">All must stand in the subject or the detail, in whatever case.</param>
internal sealed record AuditFilter(
    string? Actor = null, string? Action = null, string? Subject = null, string? Result = null, string? Address = null,
    DateTimeOffset? Since = null, DateTimeOffset? Until = null, string? Words = null)
{
    private const int MaxText = 200;
    private const int MaxWords = 5;

    public bool IsEmpty => this == new AuditFilter();

    /// <returns>What is wrong with it; null: nothing.</returns>
    public Error? Check()
    {
        foreach (var (name, text) in ((string, string?)[])[("actor", Actor), ("action", Action), ("subject", Subject), ("address", Address), ("q", Words)])
        {
            if (text?.Length > MaxText)
            {
                return Error.Invalid(name, $"At most {MaxText} characters.");
            }
        }

        return Result is null or AuditResult.Ok or AuditResult.Refused or AuditResult.Failed ? null : Error.Invalid("result", "Use ok, refused or failed.");
    }

    /// <summary>The conditions, each after an AND, and what they need.</summary>
    public (string Sql, List<(string, object?)> Args) Conditions()
    {
        var sql = new StringBuilder();
        List<(string, object?)> args = [];
        foreach (var (column, text) in ((string, string?)[])[("actor", Actor), ("action", Action), ("subject", Subject), ("result", Result), ("address", Address)])
        {
            if (text is { Length: > 0 })
            {
                var begins = text.EndsWith('*');
                sql.Append(begins ? $" AND {column} LIKE @{column} ESCAPE '\\'" : $" AND {column} = @{column}");
                args.Add((column, begins ? Escaped(text[..^1]) + "%" : text));
            }
        }

        if (Since is { } since)
        {
            sql.Append(" AND at >= @since");
            args.Add(("since", since.ToMicros()));
        }

        if (Until is { } until)
        {
            sql.Append(" AND at < @until");
            args.Add(("until", until.ToMicros()));
        }

        foreach (var (i, word) in (Words ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(MaxWords).Index())
        {
            sql.Append($" AND LOWER(subject || ' ' || detail) LIKE @word{i} ESCAPE '\\'");
            args.Add(($"word{i}", $"%{Escaped(word.ToLowerInvariant())}%"));
        }

        return (sql.ToString(), args);
    }

    private static string Escaped(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
}
