using System.Runtime.InteropServices;

namespace Tocsin.Alerts;

/// <summary>Sentences about what had to be put right, gathered while one alert is read. Costs nothing while there are none.</summary>
[StructLayout(LayoutKind.Auto)]
public struct Warnings
{
    /// <summary>More would be noise: the delivery's page shows the body beside them.</summary>
    private const int Most = 16;

    private List<string>? _sentences;

    /// <summary>What was said, in order; never changes after it was read.</summary>
    public readonly IReadOnlyList<string> Sentences => _sentences is null ? [] : [.. _sentences];

    public void Add(string sentence)
    {
        if ((_sentences ??= []).Count < Most && !_sentences.Contains(sentence))
        {
            _sentences.Add(sentence);
        }
    }
}
