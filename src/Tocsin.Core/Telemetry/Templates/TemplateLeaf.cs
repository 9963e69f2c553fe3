namespace Tocsin.Telemetry;

/// <summary>Templates of one service and level that have the same number of pieces and begin alike.</summary>
internal sealed class TemplateLeaf
{
    // The more there are, the more likely what tells them apart is a word that changes.
    private const int Few = 16;
    private const int Many = 64;

    private readonly List<MinedTemplate> _templates = [];

    public IReadOnlyList<MinedTemplate> Templates => _templates;

    /// <summary>The template that a line belongs to, widened if the line asks for it; null: it is of a new kind.</summary>
    public MinedTemplate? Match(string[] tokens)
    {
        if (Best(tokens) is not { } best)
        {
            return null;
        }

        Widen(best, tokens);
        return best;
    }

    public MinedTemplate Begin(MinedTemplate template)
    {
        _templates.Add(template);
        return template;
    }

    /// <summary>Takes in a stored template. If it is the same kind as one that is here, the one that was seen first stands for both.</summary>
    /// <returns>How many templates there are more now.</returns>
    public int Add(MinedTemplate stored)
    {
        var known = _templates.Find(t => t.Id == stored.Id);
        if (known is not null)
        {
            known.SeenAlreadyAt(stored.FirstSeenAt);
            Widen(known, stored.Tokens);
            return 0;
        }

        if (Best(stored.Tokens) is not { } same)
        {
            _templates.Add(stored);
            return 1;
        }

        if (same.ComesBefore(stored))
        {
            Widen(same, stored.Tokens);
        }
        else
        {
            Widen(stored, same.Tokens);
            _templates[_templates.IndexOf(same)] = stored;
        }

        return 0;
    }

    private MinedTemplate? Best(string[] tokens)
    {
        var least = _templates.Count < Few ? 0.8 : _templates.Count < Many ? 0.5 : 0.3;
        var (best, most) = ((MinedTemplate?)null, least);
        foreach (var template in _templates)
        {
            var likeness = Likeness(template.Tokens, tokens);
            if (likeness >= most && (best is null || likeness > most || template.ComesBefore(best)))
            {
                (best, most) = (template, likeness);
            }
        }

        return best;
    }

    /// <summary>The share of plain words in which they agree, 0 to 1; -1: their marks or masks differ, so they are of different kinds.</summary>
    private static double Likeness(string[] template, string[] line)
    {
        var (same, words, widened) = (0, 0, 0);
        for (var i = 0; i < line.Length; i++)
        {
            if (template[i] == line[i])
            {
                var counts = !TemplateToken.IsMask(line[i]) && !TemplateToken.IsMark(line[i]);
                (same, words) = counts ? (same + 1, words + 1) : (same, words);
            }
            else if (TemplateToken.IsAny(template[i]) || TemplateToken.IsAny(line[i]))
            {
                widened++;
            }
            else if (TemplateToken.IsMark(template[i]) || TemplateToken.IsMark(line[i]))
            {
                return -1;
            }
            else
            {
                words++;
            }
        }

        // A template that was widened before must still say more than it leaves open.
        return words == 0 ? (widened == 0 ? 1 : -1) : same < widened ? -1 : (double)same / words;
    }

    private static void Widen(MinedTemplate template, string[] line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (template.Tokens[i] != line[i] && !TemplateToken.IsAny(template.Tokens[i]))
            {
                template.Widen(i);
            }
        }
    }
}
