// What the bundle takes in as text is text for Jest, too.
const transformer = {
  process: (text, _path, { supportsStaticESM }) => ({
    code: `${supportsStaticESM ? 'export default' : 'module.exports ='} ${JSON.stringify(text)};`,
  }),
};

export default transformer;
