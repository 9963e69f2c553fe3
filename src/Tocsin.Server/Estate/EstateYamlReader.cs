using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tocsin.Estate;

/// <summary>
/// Reads YAML 1.2 text into neutral trees. Hostile text costs bounded work: size, depth and the count of nodes after aliases are limited.
/// </summary>
internal sealed partial class EstateYamlReader
{
    /// <summary>Characters of one text.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    public const int MaxDepth = 32;

    /// <summary>Nodes of one text; what an alias stands for counts at each use.</summary>
    public const int MaxNodes = 200_000;

    private readonly string _file;
    private readonly Parser _parser;
    private readonly List<EstateFault> _faults;
    private readonly Dictionary<string, (EstateNode? Node, int Nodes)> _anchors = [];
    private int _nodes;

    private EstateYamlReader(string text, string file, List<EstateFault> faults)
    {
        (_file, _faults) = (file, faults);
        _parser = new(new StringReader(text));
    }

    /// <summary>Reads every document of a text. Empty documents are left out.</summary>
    /// <param name="faults">Gets what could not be read; the trees returned lack only that.</param>
    public static IReadOnlyList<EstateNode> Read(string text, string file, List<EstateFault> faults)
    {
        if (text.Length > MaxLength)
        {
            faults.Add(EstateFault.Error(new(file, 1, 1), "", $"the text has {text.Length} characters; at most {MaxLength} are read"));
            return [];
        }

        var reader = new EstateYamlReader(text, file, faults);
        var documents = new List<EstateNode>();
        try
        {
            reader._parser.Consume<StreamStart>();
            while (!reader._parser.TryConsume<StreamEnd>(out _))
            {
                reader._parser.Consume<DocumentStart>();
                reader._anchors.Clear();
                if (reader.ReadNode(depth: 1) is { } root)
                {
                    documents.Add(root);
                }

                reader._parser.Consume<DocumentEnd>();
            }
        }
        catch (YamlException e)
        {
            var reason = e.InnerException is null ? e.Message : $"{e.Message} {e.InnerException.Message}";
            faults.Add(EstateFault.Error(reader.At(e.Start), "", $"not readable as YAML: {reason.ReplaceLineEndings(" ").TrimEnd('.')}"));
        }
        catch (InvalidOperationException)
        {
            // The scanner throws this bare for a few malformed texts, most of them lines inside brackets that begin too far left.
            var last = reader.At(reader._parser.Current?.End ?? default);
            faults.Add(EstateFault.Error(last, "", "not readable as YAML from here on; indent what stands in brackets further than their key"));
        }
        catch (TooMuchException e)
        {
            faults.Add(EstateFault.Error(e.Mark, "", e.Message));
        }

        return documents;
    }

    /// <summary>Null: the text says null.</summary>
    private EstateNode? ReadNode(int depth)
    {
        var mark = At(_parser.Current?.Start ?? default);
        if (depth > MaxDepth)
        {
            throw new TooMuchException($"nested more than {MaxDepth} deep", mark);
        }

        Count(1, mark);
        var before = _nodes;
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            // An anchor is known only after its node has ended, so that nothing can contain itself.
            if (!_anchors.TryGetValue(alias.Value.Value, out var known))
            {
                _faults.Add(EstateFault.Error(mark, "", $"unknown alias \"*{alias.Value.Value}\"", alias.Value.Value, NearestName.Find(alias.Value.Value, _anchors.Keys)));
                return null;
            }

            Count(known.Nodes, mark);
            return known.Node;
        }

        var (anchor, tag) = _parser.Current is NodeEvent e ? (e.Anchor, e.Tag) : (AnchorName.Empty, TagName.Empty);
        if (!tag.IsEmpty && !KnownTags.Contains(tag.IsNonSpecific ? "!" : tag.Value))
        {
            _faults.Add(EstateFault.Error(mark, "", $"the tag \"{tag.Value}\" means nothing here", tag.Value));
        }

        EstateNode? node =
            _parser.TryConsume<Scalar>(out var scalar) ? ReadScalar(scalar, mark) :
            _parser.TryConsume<SequenceStart>(out _) ? ReadList(depth, mark) :
            _parser.TryConsume<MappingStart>(out _) ? ReadMap(depth, mark) :
            throw new YamlException(_parser.Current?.Start ?? default, _parser.Current?.End ?? default, "a value was expected");
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = (node, _nodes - before);
        }

        return node;
    }

    private EstateScalar? ReadScalar(Scalar scalar, Mark mark)
    {
        var plain = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty;
        if (plain && scalar.Value is "" or "~" or "null" or "Null" or "NULL")
        {
            return null;
        }

        if (EstateScalar.FirstBadCharacter(scalar.Value) is var at and >= 0)
        {
            _faults.Add(EstateFault.Error(mark, "", $"the character U+{(int)scalar.Value[at]:X4} is not allowed in a text"));
            return null;
        }

        return new(scalar.Value, mark, plain && BareWord().IsMatch(scalar.Value));
    }

    private EstateList ReadList(int depth, Mark mark)
    {
        var items = new List<EstateNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            var at = At(_parser.Current?.Start ?? default);
            var faults = _faults.Count;
            if (ReadNode(depth + 1) is { } item)
            {
                items.Add(item);
            }
            else if (_faults.Count == faults)
            {
                _faults.Add(EstateFault.Error(at, "", "an empty item in a list"));
            }
        }

        return new(items, mark);
    }

    private EstateMap ReadMap(int depth, Mark mark)
    {
        var entries = new List<EstateEntry>();
        var places = new Dictionary<string, Mark>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var at = At(_parser.Current?.Start ?? default);
            if (!_parser.TryConsume<Scalar>(out var key))
            {
                throw new YamlException(_parser.Current?.Start ?? default, _parser.Current?.End ?? default, "a key must be a plain text");
            }

            var value = ReadNode(depth + 1);
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                _faults.Add(EstateFault.Error(at, "", "merge keys (<<) are not read; write the keys out, or use an alias for a whole value", key.Value));
            }
            else if (!places.TryAdd(key.Value, at))
            {
                _faults.Add(EstateFault.Error(at, "", $"the key \"{key.Value}\" stands twice; first on line {places[key.Value].Line}", key.Value));
            }
            else if (value is not null)
            {
                entries.Add(new(key.Value, at, value));
            }
        }

        return new(entries, mark);
    }

    private void Count(int nodes, Mark mark)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes)
        {
            throw new TooMuchException($"more than {MaxNodes} values, with aliases counted at each use", mark);
        }
    }

    private Mark At(YamlDotNet.Core.Mark mark) => new(_file, (int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private static readonly HashSet<string> KnownTags =
    [
        "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool",
        "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map",
    ];

    [GeneratedRegex(@"^(true|false|-?(0|[1-9][0-9]*)(\.[0-9]+)?)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex BareWord();

    private sealed class TooMuchException(string message, Mark mark) : Exception(message)
    {
        public Mark Mark { get; } = mark;
    }
}
