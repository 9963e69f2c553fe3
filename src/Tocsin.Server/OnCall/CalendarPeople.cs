using Tocsin.Estate;
using Tocsin.Notify;

namespace Tocsin.OnCall;

/// <summary>Finds out whom an entry of a calendar is about. Pure.</summary>
internal sealed class CalendarPeople
{
    private static readonly char[] _between = [',', ';', '/', '&', '+'];

    private readonly Dictionary<string, string> _byMail;
    private readonly Dictionary<string, string> _byName;
    private readonly (string FullName, string User)[] _inText;

    /// <summary>Who is disabled would not be paged, and so is nobody here.</summary>
    public CalendarPeople(EstateModel model)
    {
        Person[] people = [.. model.Users.Values.Where(u => !u.Disabled).OrderBy(u => u.Name, StringComparer.Ordinal)];
        _byMail = Unique(people.Select(p => (p.Email, p.Name)));
        _byName = Unique(people.SelectMany(p => ((string?, string)[])[(p.Name, p.Name), (p.FullName == p.Name ? null : p.FullName, p.Name)]));
        _inText = [.. people.Where(p => p.FullName?.Contains(' ', StringComparison.Ordinal) == true).Select(p => (p.FullName!, p.Name))];
    }

    /// <summary>
    /// The users whom an entry names: by the e-mail addresses of those who attend or of its title; else by names that are the whole title, several with
    /// commas between; else by full names of at least two words within it. Letters large or small are the same.
    /// </summary>
    /// <returns>Empty: nobody who is known.</returns>
    public IReadOnlyList<string> Of(IcalEntry entry)
    {
        string[] byMail = [.. entry.People.Select(mail => _byMail.GetValueOrDefault(mail)).OfType<string>().Distinct(StringComparer.Ordinal)];
        if (byMail.Length > 0)
        {
            return byMail;
        }

        string?[] named = [.. Bare(entry.Summary).Split(_between, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => _byName.GetValueOrDefault(name))];
        return named.Length > 0 && Array.TrueForAll(named, name => name is not null)
            ? [.. named.OfType<string>().Distinct(StringComparer.Ordinal)]
            : [.. _inText.Where(p => Stands(p.FullName, entry.Summary)).Select(p => p.User).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Without what on-call programs write around names: <c>On call: Ana Ng (primary)</c>.</summary>
    private static string Bare(string summary)
    {
        var text = summary.AsSpan().Trim();
        foreach (var before in (string[])["on call:", "on-call:", "oncall:", "on call", "on-call"])
        {
            if (text.StartsWith(before, StringComparison.OrdinalIgnoreCase) && text.Length > before.Length && (before.EndsWith(':') || text[before.Length] == ' '))
            {
                text = text[before.Length..].TrimStart(" -–:");
                break;
            }
        }

        if (text.EndsWith(")") && text.LastIndexOf('(') is > 0 and var bracket)
        {
            text = text[..bracket].TrimEnd();
        }

        return text.ToString();
    }

    /// <summary>Whether a name is within a text, and no part of a longer word there.</summary>
    private static bool Stands(string name, string text)
    {
        var at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        return at >= 0 && (at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (at + name.Length == text.Length || !char.IsLetterOrDigit(text[at + name.Length]));
    }

    /// <summary>What two people share names neither.</summary>
    private static Dictionary<string, string> Unique(IEnumerable<(string? Key, string User)> pairs) => pairs
        .Where(p => !string.IsNullOrWhiteSpace(p.Key)).GroupBy(p => p.Key!.Trim(), StringComparer.OrdinalIgnoreCase)
        .Where(group => group.Select(p => p.User).Distinct(StringComparer.Ordinal).Count() == 1)
        .ToDictionary(group => group.Key, group => group.First().User, StringComparer.OrdinalIgnoreCase);
}
